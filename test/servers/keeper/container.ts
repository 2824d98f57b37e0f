import { GenericContainer, getContainerRuntimeClient, ImageName, Wait } from 'testcontainers';
import { Instance, type Recipe } from './instance.js';

/** @throws Error unless an engine answers that has this image, or can pull it */
export async function requireImage(image: string, say: (text: string) => void): Promise<void> {
  const { image: images } = await getContainerRuntimeClient();
  const name = ImageName.fromString(image);
  if (await images.exists(name)) return;
  say(`pulling ${image} (once)`);
  await images.pull(name);
}

type Handle = Awaited<ReturnType<typeof find>>;
const find = async (id: string) => (await getContainerRuntimeClient()).container.getById(id);

/** A container in the network of its host: at the address at which it knows itself, and on loopback alone. */
export class Container extends Instance {
  #handle: Handle | undefined;
  #pid: number | undefined;

  constructor(
    private readonly image: string,
    private readonly recipe: Recipe,
  ) {
    super();
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  async start(): Promise<void> {
    if (this.#handle) await this.#handle.start();
    else this.#handle = await this.#create();
    const pid = (await this.#handle.inspect()).State.Pid || undefined;
    const forget = () => {
      if (this.#pid === pid) this.#pid = undefined;
    };
    this.#pid = pid;
    this.#handle.wait().then(forget, forget);
  }

  async #create(): Promise<Handle> {
    const { parameters, environment = {} } = this.recipe.container;
    const started = await new GenericContainer(this.image)
      .withNetworkMode('host')
      .withCommand([...parameters])
      .withEnvironment(environment)
      // whether it is ready is asked over its own protocol
      .withWaitStrategy(Wait.forListeningPorts())
      .start();
    return find(started.getId());
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#pid === undefined) return;
    if (signal === 'SIGKILL') await this.#handle?.kill();
    else await this.#handle?.stop({ t: 20 });
    await this.#handle?.wait();
    this.#pid = undefined;
  }

  async freeze(): Promise<void> {
    await this.#handle?.pause();
  }

  async thaw(): Promise<void> {
    if ((await this.#handle?.inspect())?.State.Paused) await this.#handle?.unpause();
  }

  async output(): Promise<string> {
    const log = await this.#handle?.logs({ stdout: true, stderr: true, tail: 30 });
    // without the bytes that frame it
    return log?.toString().replaceAll(/(?!\n)\p{Cc}/gu, '') ?? '';
  }

  async remove(): Promise<void> {
    await this.#handle?.remove({ force: true, v: true });
    this.#pid = undefined;
  }
}
