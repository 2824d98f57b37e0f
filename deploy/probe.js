// Whether the process in this container answers: node probe.js /livez
const url = `http://127.0.0.1:${process.env.PORT ?? 3000}${process.argv[2] ?? '/livez'}`;
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(4000) });
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
