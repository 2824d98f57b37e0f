/** A command for `spawn` that dies with whoever spawns it, even by SIGKILL: the kernel sees to that. */
export const bound = (program: string, parameters: readonly string[]): [string, string[]] => [
  'setpriv',
  ['--pdeathsig', 'KILL', '--', program, ...parameters],
];
