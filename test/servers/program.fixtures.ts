// A program that is no test: it starts a server, says where it is, and goes on until it is killed.
import { startRedis } from './index.js';

const { port } = await startRedis();
process.stdout.write(`${port}\n`);
setInterval(() => undefined, 1000);
