import type { Client } from './client.js';

export interface LiveMessage {
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads Server-Sent Events as WHATWG HTML says: a message counts once its empty line has come. */
export class LiveReader {
  readonly messages: LiveMessage[] = [];
  readonly comments: string[] = [];
  retry: number | undefined;
  /** everything as it came */
  text = '';
  /** `ended`: by the server, properly; `cut`: in any other way */
  readonly over: Promise<'ended' | 'cut'>;
  readonly #cut = new AbortController();
  readonly #response: Promise<Response>;

  /** @param lastEventId where an earlier reader was */
  constructor(client: Client, path: string, lastEventId?: string, headers: Readonly<Record<string, string>> = {}) {
    this.#response = client.open(path, this.#cut.signal, {
      ...headers,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    });
    this.over = this.#read();
  }

  async response(): Promise<Response> {
    return this.#response;
  }

  get types(): readonly unknown[] {
    return this.messages.map(({ data }) => data['type']);
  }

  get lastEventId(): string | undefined {
    return this.messages.at(-1)?.id;
  }

  cut(): void {
    this.#cut.abort();
  }

  async #read(): Promise<'ended' | 'cut'> {
    try {
      const { body, headers } = await this.#response;
      if (!headers.get('content-type')?.startsWith('text/event-stream')) throw new Error('not an event stream');
      const decoder = new TextDecoder();
      let rest = '';
      for await (const chunk of body!) {
        const text = decoder.decode(chunk as Uint8Array, { stream: true });
        this.text += text;
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop()!;
        for (const block of blocks) this.#take(block);
      }
      return 'ended';
    } catch {
      return 'cut';
    }
  }

  #take(block: string): void {
    const fields = block.split('\n').map((line) => /^([a-z]*): ?(.*)$/.exec(line)!.slice(1) as [string, string]);
    const { '': comment, retry, id, data, ...others } = Object.fromEntries(fields);
    if (Object.keys(others).length > 0) throw new Error(`unknown fields: ${Object.keys(others).join()}`);
    if (comment !== undefined) this.comments.push(comment);
    if (retry !== undefined) this.retry = Number(retry);
    if (data !== undefined) this.messages.push({ id: id!, data: JSON.parse(data) as LiveMessage['data'] });
  }
}
