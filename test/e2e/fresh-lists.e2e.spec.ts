import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Client } from './client.js';
import { aminata, fatima } from './people.js';
import { World } from './world.js';

let world: World;
let entraide: Client;
beforeAll(async () => {
  world = await World.start();
  entraide = await world.as(fatima);
});
afterAll(() => world.stop());

it('whoever opened a case finds it in the list, however many open one at once', async () => {
  const openAndList = async () => {
    const { id } = await entraide.post('/v1/cases', aminata);
    const { body } = await entraide.get('/v1/cases?limit=20');
    return (body['items'] as { id: string }[]).some((item) => item.id === id);
  };
  // a few at once: each of them soon comes back, while the others are still under way
  const oneAfterAnother = async () => {
    for (let n = 0; n < 40; n++) expect(await openAndList()).toBe(true);
  };
  await Promise.all(Array.from({ length: 4 }, oneAfterAnother));
});
