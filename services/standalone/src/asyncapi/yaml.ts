/** JSON values as YAML 1.2: texts in JSON's quotes unless they are plain words, which no reader can take for anything else. */
export function asYaml(value: unknown, indent = ''): string {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((item) => `\n${indent}- ${asYaml(item, `${indent}  `).trimStart()}`).join('');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    if (members.length > 0) {
      return members.map(([name, member]) => `\n${indent}${text(name)}:${after(member, `${indent}  `)}`).join('');
    }
  }
  return typeof value === 'string' ? text(value) : JSON.stringify(value);
}

function after(member: unknown, indent: string): string {
  const written = asYaml(member, indent);
  return written.startsWith('\n') ? written : ` ${written}`;
}

const text = (value: string): string =>
  /^[A-Za-z][A-Za-z_-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
    ? value
    : JSON.stringify(value);
