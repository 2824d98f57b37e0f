import type { Employee } from './people.js';

/** What came back, as it came and as it reads. */
export class Answer {
  readonly body: Readonly<Record<string, unknown>>;

  constructor(
    readonly status: number,
    readonly headers: Headers,
    readonly text: string,
  ) {
    this.body = /[/+]json/.test(headers.get('content-type') ?? '') ? (JSON.parse(text) as Record<string, unknown>) : {};
  }

  get id(): string {
    return this.body['id'] as string;
  }
  get code(): string {
    return this.body['code'] as string;
  }
  get items(): readonly Readonly<Record<string, unknown>>[] {
    return this.body['items'] as never;
  }
  get next(): string | null {
    return this.body['next'] as string | null;
  }
  get actions(): readonly string[] {
    return this.body['allowedActions'] as string[];
  }
  get etag(): string {
    return this.headers.get('etag')!;
  }
  get replayed(): boolean {
    return this.headers.get('idempotency-replayed') === 'true';
  }
  /** The status, and the code of a refusal: what a client branches on. */
  get outcome(): string {
    return this.status < 400 ? String(this.status) : `${this.status} ${this.code}`;
  }
}

type RequestHeaders = Readonly<Record<string, string>>;

/** One employee at one server; without a token, anybody. */
export class Client {
  constructor(
    readonly url: string,
    private readonly token?: string,
  ) {}

  get(path: string, headers: RequestHeaders = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  /** An object is sent as JSON; text and bytes as they are. */
  post(path: string, body: object | string = {}, headers: RequestHeaders = {}): Promise<Answer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    return this.send('POST', path, raw ? (body as string) : JSON.stringify(body), {
      'content-type': 'application/json',
      ...headers,
    });
  }

  /** For an answer that is read bit by bit. */
  open(path: string, signal: AbortSignal, headers: RequestHeaders = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { signal, headers: { authorization: `Bearer ${this.token}`, ...headers } });
  }

  private async send(method: string, path: string, body: string | undefined, headers: RequestHeaders): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
      headers: { ...(this.token && { authorization: `Bearer ${this.token}` }), ...headers },
    });
    return new Answer(response.status, response.headers, await response.text());
  }
}

/** Tokens of the development issuer, one for each employee. */
export class Tokens {
  readonly #tokens = new Map<Employee, Promise<string>>();
  constructor(private readonly url: string) {}

  of(employee: Employee): Promise<string> {
    const known = this.#tokens.get(employee) ?? this.#issue(employee);
    this.#tokens.set(employee, known);
    return known;
  }

  async #issue(employee: Employee): Promise<string> {
    const answer = await new Client(this.url).post('/dev/token', employee);
    if (answer.status !== 200) throw new Error(`no token: ${answer.text}`);
    return answer.body['access_token'] as string;
  }
}

/** Asks again until `expectation` holds: views follow the log within moments. */
export async function eventually<T>(expectation: () => Promise<T>, withinMs = 5000): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      return await expectation();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
