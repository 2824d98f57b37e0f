import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import mongoose, { type Connection } from 'mongoose';
import { isErased, KeyEncryptionKey, KeyringUnavailable, PersonErased } from '@ihala/privacy';
import { keyringConformance } from '@ihala/privacy/conformance';
import { describeWith, describeWithOwn, startMongod, type Server } from '@ihala/test-servers';
import { MongoKeyring } from './index.js';

const aminata = '0193a000-0000-7000-8000-00000000000a';

class Place {
  readonly name = `ihala_${randomBytes(6).toString('hex')}`;

  constructor(private readonly uri: string) {}

  connect = (options: mongoose.ConnectOptions = {}): Promise<Connection> =>
    mongoose.createConnection(this.uri, { dbName: this.name, ...options }).asPromise();

  async with<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.connect();
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  /** All documents. */
  documents(): Promise<Buffer> {
    return this.with(async ({ db }) => {
      const collections = (await db!.collections()).toSorted((a, b) => (a.collectionName < b.collectionName ? -1 : 1));
      const found = await Promise.all(collections.map((collection) => collection.find({}, { raw: true }).toArray()));
      return Buffer.concat(found.flat() as unknown as Buffer[]);
    });
  }

  /** What the server keeps to send to its other members. */
  oplog(): Promise<Buffer> {
    return this.with(async (connection) => {
      const oplog = connection.getClient().db('local').collection('oplog.rs');
      const entries = await oplog.find({ ns: { $regex: `^${this.name}\\.` } }, { raw: true }).toArray();
      return Buffer.concat(entries as unknown as Buffer[]);
    });
  }

  drop = () => this.with(async ({ db }) => void (await db!.dropDatabase()));
}

await describeWith('mongodb', 'MongoDB', (uri) => {
  keyringConformance('MongoDB', async () => {
    const place = new Place(uri);
    return {
      open: async (kek, cache) => MongoKeyring.open(await place.connect(), kek, cache),
      bytes: async () => Buffer.concat([await place.documents(), await place.oplog()]),
      drop: place.drop,
    };
  });

  describe('the keyring’s database', () => {
    const kek = KeyEncryptionKey.generate();
    let place: Place;
    let keyrings: MongoKeyring[];

    const open = async () => {
      const keyring = await MongoKeyring.open(await place.connect(), kek);
      keyrings.push(keyring);
      return keyring;
    };
    beforeEach(() => {
      place = new Place(uri);
      keyrings = [];
    });
    afterEach(async () => {
      for (const keyring of keyrings) await keyring.close();
      await place.drop();
    });

    test('is made once by many that open it at once', async () => {
      await Promise.all(Array.from({ length: 6 }, open));
      const keys = await Promise.all(keyrings.map((keyring) => keyring.keysFor(aminata, ['identity'])));
      expect(new Set(keys.map((key) => key.get('identity')!.id)).size).toBe(1);
    });

    test('keeps no copy of a destroyed key, wrapped or not, in its documents', async () => {
      const keyring = await open();
      const people = Array.from({ length: 10 }, () => randomUUID());
      for (const person of people) await keyring.keysFor(person, ['identity', 'health']);
      const wrappedOf = (person: string) =>
        place.with(async ({ db }) => {
          const found = await db!
            .collection<{ _id: string; keys: { wrapped: mongoose.mongo.Binary }[] }>('people')
            .findOne({ _id: person });
          return found!.keys.map(({ wrapped }) => Buffer.from(wrapped.value()));
        });
      for (const person of people.slice(0, 5)) {
        const wrapped = await wrappedOf(person);
        expect(wrapped.map((bytes) => bytes.length > 32)).toEqual([true, true]);
        await keyring.destroy(person);
        const documents = await place.documents();
        expect(wrapped.map((bytes) => documents.includes(bytes))).toEqual([false, false]);
      }
    });

    test('lets no key outlive the person’s destruction, however many make keys at that moment', async () => {
      const all = await Promise.all(Array.from({ length: 4 }, open));
      for (let round = 0; round < 25; round++) {
        const person = randomUUID();
        const classes = ['identity', 'health', 'contact', 'education'] as const;
        const [destroyed, ...made] = await Promise.allSettled([
          all[0]!.destroy(person),
          ...all.map((keyring, n) => keyring.keysFor(person, [classes[n]!])),
        ]);
        expect(destroyed.status).toBe('fulfilled');
        const ids = made
          .flatMap((one) => (one.status === 'fulfilled' && one.value ? [...one.value.values()] : []))
          .map(({ id }) => id);
        const later = await (await open()).open(ids);
        expect([...later.values()].every(isErased)).toBe(true);
        for (const keyring of all)
          await expect(keyring.keysFor(person, ['family'])).rejects.toBeInstanceOf(PersonErased);
      }
    }, 30_000);

    test('a wrapped key that was moved to another row does not open', async () => {
      const made = await (await open()).keysFor(aminata, ['identity', 'health']);
      await place.with(async ({ db }) => {
        const people = db!.collection<{ _id: string; keys: { wrapped: unknown }[] }>('people');
        const { keys } = (await people.findOne({ _id: aminata }))!;
        await people.updateOne({ _id: aminata }, { $set: { 'keys.0.wrapped': keys[1]!.wrapped } });
      });
      const [first] = made.values();
      await expect((await open()).open([first!.id])).rejects.toThrow();
    });

    test('is said to be unavailable while no server can be reached', async () => {
      // in front of the server, so that it can go away
      const [, host, port] = /\/\/([^:,/]+):(\d+)/.exec(uri)!;
      const relay = createServer((client) => {
        const server = connect({ host: host!, port: Number(port) });
        client.on('error', () => {}).on('close', () => server.destroy());
        server.on('error', () => {}).on('close', () => client.destroy());
        client.pipe(server).pipe(client);
        sockets.push(client);
      });
      const sockets: Socket[] = [];
      await once(relay.listen(0, '127.0.0.1'), 'listening');
      const address = `mongodb://127.0.0.1:${(relay.address() as AddressInfo).port}/?directConnection=true`;
      const options = { dbName: place.name, serverSelectionTimeoutMS: 300 };
      const keyring = await MongoKeyring.open(await mongoose.createConnection(address, options).asPromise(), kek);
      keyrings.push(keyring);
      relay.close();
      for (const socket of sockets) socket.destroy();
      const other = await open();
      const [key] = (await other.keysFor(aminata, ['identity'])).values();
      const refused = await Promise.allSettled([
        keyring.keysFor(aminata, ['health']),
        keyring.open([key!.id]),
        keyring.destroy(aminata),
      ]);
      for (const one of refused) expect(one).toMatchObject({ reason: expect.any(KeyringUnavailable) });
    });

    test('finds the keys of an answer by their ids, whoever’s they are, through the index', async () => {
      await (await open()).keysFor(aminata, ['identity']);
      const plan = await place.with(({ db }) =>
        db!
          .collection('people')
          .find({ 'keys.id': { $in: ['a', 'b'] } })
          .explain('queryPlanner'),
      );
      expect(JSON.stringify(plan)).toContain('IXSCAN');
    });

    test('is on the disks of a majority when it is answered, and read as a majority has it, whatever the connection says', async () => {
      const weak = { monitorCommands: true, readConcernLevel: 'local', w: 1, journal: false } as const;
      const connection = await place.connect(weak);
      const keyring = await MongoKeyring.open(connection, kek);
      keyrings.push(keyring);
      const commands: mongoose.mongo.Document[] = [];
      connection.getClient().on('commandStarted', ({ command }) => void commands.push(command));
      const [key] = (await keyring.keysFor(aminata, ['identity'])).values();
      await keyring.keysFor(aminata, ['health']);
      await (await open()).keysFor(aminata, ['contact']);
      await keyring.destroy(aminata);
      await keyring.open([key!.id]);
      const writes = commands.filter((command) => 'insert' in command || 'update' in command);
      const reads = commands.filter((command) => 'find' in command);
      expect([writes.length >= 3, reads.length >= 3]).toEqual([true, true]);
      for (const write of writes) expect(write).toMatchObject({ writeConcern: { w: 'majority', j: true } });
      for (const read of reads) expect(read).toMatchObject({ readConcern: { level: 'majority' } });
    });

    test('is unavailable, and is again, when a connection ends just as a command is written to it', async () => {
      const sockets: Socket[] = [];
      const see = (message: unknown) => void sockets.push((message as { socket: Socket }).socket);
      subscribe('net.client.socket', see);
      try {
        const keyring = await open();
        for (const socket of sockets) socket.destroy();
        await expect(keyring.keysFor(aminata, ['identity'])).rejects.toBeInstanceOf(KeyringUnavailable);
        expect((await keyring.keysFor(aminata, ['identity'])).size).toBe(1);
      } finally {
        unsubscribe('net.client.socket', see);
      }
    }, 30_000);
  });
});

await describeWithOwn('mongodb', 'a server that answers for its own sake', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startMongod({ parameters: { enableTestCommands: 1 } });
  }, 60_000);
  afterAll(() => server.stop(), 60_000);

  test.each([91, 134, 189, 11602, 14031])(
    'with %d makes the keyring unavailable',
    async (errorCode) => {
      const place = new Place(server.address);
      const keyring = await MongoKeyring.open(await place.connect(), KeyEncryptionKey.generate());
      const [key] = (await keyring.keysFor(aminata, ['identity'])).values();
      const fail = (mode: unknown) =>
        place.with(({ db }) => {
          const data = { errorCode, failCommands: ['find', 'insert', 'update'] };
          return db!.admin().command({ configureFailPoint: 'failCommand', mode, ...(mode === 'off' ? {} : { data }) });
        });
      await fail('alwaysOn');
      const refused = await Promise.allSettled([
        keyring.keysFor(randomUUID(), ['health']),
        keyring.open([randomUUID(), key!.id]),
        keyring.destroy(aminata),
      ]);
      await fail('off');
      for (const one of refused) expect(one).toMatchObject({ reason: expect.any(KeyringUnavailable) });
      await keyring.destroy(aminata);
      await keyring.close();
    },
    60_000,
  );
});
