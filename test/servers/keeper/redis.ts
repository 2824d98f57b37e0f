import { join } from 'node:path';
import { libraryPath } from '../install/debian.js';
import { exchange } from './exchange.js';
import type { Recipe } from './instance.js';
import { freePorts } from './ports.js';

export async function redisRecipe(): Promise<Recipe> {
  const [port] = (await freePorts(1)) as [number];
  const parameters = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes'];
  return {
    address: `redis://127.0.0.1:${port}`,
    port,
    container: { parameters: ['redis-server', ...parameters] },
    async native(home, folder) {
      return {
        program: join(home, 'usr/bin/redis-server'),
        parameters: [...parameters, '--dir', folder],
        environment: { LD_LIBRARY_PATH: libraryPath(home) },
      };
    },
    ready: async () => (await exchange(port, 'PING\r\n')).toString().startsWith('+PONG'),
  };
}
