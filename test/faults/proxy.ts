import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** `up`: from perfplay to the host. */
export type Direction = 'up' | 'down';

/** What the kernel handed over at once: as near to a frame as one can see of an encrypted stream. */
export interface Chunk {
  readonly direction: Direction;
  /** Epoch milliseconds. */
  readonly time: number;
  /** Bytes of this direction before it, and with it. */
  readonly from: number;
  readonly to: number;
}

/**
 * What becomes of a connection: reset, ended, or left open with nothing forwarded any more; one bit of the next byte is
 * flipped; nothing is forwarded until the promise resolves.
 */
export type Act = 'rst' | 'fin' | 'freeze' | 'garble' | (() => Promise<void>);

/** No byte of this direction passes beyond the first `bytes`: the next one makes the proxy act. */
export interface Point {
  readonly direction: Direction;
  readonly bytes: number;
}

export interface Fault {
  /** Counted from 1 since the last `mend`. Default 1. */
  readonly connection?: number | 'every';
  readonly point: Point;
  readonly act: Act;
}

/** The moment at which the proxy acted, and the bytes that had passed by then. */
export interface Injection {
  readonly time: number;
  readonly up: number;
  readonly down: number;
}

/** Serves a connection in the host's place. */
export type Stand = (socket: Socket) => void;

export interface Proxy {
  readonly port: number;
  /** Of each connection since the last `mend`. */
  readonly connections: () => readonly (readonly Chunk[])[];
  readonly injections: () => readonly Injection[];
  readonly plan: (...faults: readonly Fault[]) => void;
  /** The first `times` connections never reach the host. */
  readonly standIn: (stand: Stand, times?: number) => void;
  /** No listener: connections are refused. */
  readonly refuse: () => Promise<void>;
  /** All open connections, now. */
  readonly act: (act: Act) => void;
  /** All open connections, when the next byte of this direction comes. */
  readonly actOnNext: (direction: Direction, act: Act) => void;
  /** What the test itself does at this moment is an injection, too. */
  readonly note: () => void;
  /** Ends all connections, forgets all faults, chunks and injections, and listens. */
  readonly mend: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

interface Link {
  readonly number: number;
  readonly sockets: Readonly<Record<Direction, Socket>>;
  readonly passed: Record<Direction, number>;
  readonly chunks: Chunk[];
  readonly faults: { readonly point: Point; readonly act: Act }[];
  isOver: boolean;
  /** Nothing is forwarded before this. */
  gate: Promise<void>;
}

const never = new Promise<void>(() => undefined);

/** A TCP proxy on a port of 127.0.0.1 before one host, with faults of the test's choice. */
export const startProxy = async (host: string, port: number): Promise<Proxy> => {
  const sockets = new Set<Socket>();
  let links: Link[] = [];
  let faults: readonly Fault[] = [];
  let injections: Injection[] = [];
  let stand: { readonly serve: Stand; times: number } | undefined;

  const note = (link?: Link): void => {
    injections.push({ time: Date.now(), up: link?.passed.up ?? 0, down: link?.passed.down ?? 0 });
  };
  const end = (link: Link, how: 'rst' | 'fin'): void => {
    link.isOver = true;
    for (const socket of Object.values(link.sockets)) {
      if (how === 'rst') socket.resetAndDestroy();
      else socket.end(() => socket.destroy());
    }
  };
  /** Gives what the rest of the chunk becomes. */
  const perform = async (link: Link, act: Act, rest: Buffer): Promise<Buffer> => {
    note(link);
    if (act === 'rst' || act === 'fin') end(link, act);
    else if (act === 'freeze') link.gate = never;
    else if (act === 'garble') return Buffer.concat([Buffer.from([(rest[0] ?? 0) ^ 1]), rest.subarray(1)]);
    else link.gate = act();
    await link.gate;
    return rest;
  };
  const forward = async (link: Link, direction: Direction, bytes: Buffer): Promise<void> => {
    let rest = bytes;
    for (;;) {
      await link.gate;
      if (link.isOver) return;
      const passed = link.passed[direction];
      const due = link.faults
        .filter(({ point }) => point.direction === direction && point.bytes < passed + rest.length)
        .sort((left, right) => left.point.bytes - right.point.bytes)[0];
      const now = due ? rest.subarray(0, Math.max(0, due.point.bytes - passed)) : rest;
      link.passed[direction] += now.length;
      if (now.length > 0) link.sockets[direction].write(now);
      rest = rest.subarray(now.length);
      if (!due) return;
      link.faults.splice(link.faults.indexOf(due), 1);
      rest = await perform(link, due.act, rest);
    }
  };

  const accept = (client: Socket): void => {
    sockets.add(client);
    client.on('close', () => sockets.delete(client)).on('error', () => undefined);
    if (stand && stand.times-- > 0) {
      note();
      stand.serve(client);
      return;
    }
    const server = createConnection({ host, port, noDelay: true });
    sockets.add(server);
    server.on('close', () => sockets.delete(server)).on('error', () => undefined);
    client.setNoDelay(true);
    const number = links.length + 1;
    const link: Link = {
      number,
      sockets: { up: server, down: client },
      passed: { up: 0, down: 0 },
      chunks: [],
      faults: faults.filter(({ connection = 1 }) => connection === number || connection === 'every'),
      isOver: false,
      gate: Promise.resolve(),
    };
    links.push(link);
    const relay = (direction: Direction, from: Socket, to: Socket): void => {
      let came = 0;
      let queue: Promise<void> = Promise.resolve();
      from.on('data', (bytes: Buffer) => {
        link.chunks.push({ direction, time: Date.now(), from: came, to: came + bytes.length });
        came += bytes.length;
        queue = queue.then(() => forward(link, direction, bytes));
      });
      from.on('end', () => {
        queue = queue.then(() => link.gate).then(() => void to.end());
      });
      from.on('close', (hadError) => {
        if (hadError) void link.gate.then(() => to.resetAndDestroy());
      });
    };
    relay('up', client, server);
    relay('down', server, client);
  };

  let server: Server | undefined;
  const listen = async (wanted: number): Promise<number> => {
    const made = createServer({ allowHalfOpen: true }, accept);
    server = made;
    await new Promise<void>((resolve, reject) => made.once('error', reject).listen(wanted, '127.0.0.1', resolve));
    return (made.address() as { port: number }).port;
  };
  const close = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    const closed = closing && new Promise<void>((resolve) => closing.close(() => resolve()));
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };

  const own = await listen(0);
  return {
    port: own,
    connections: () => links.map(({ chunks }) => chunks),
    injections: () => injections,
    plan: (...next) => (faults = next),
    standIn: (serve, times = Infinity) => (stand = { serve, times }),
    refuse: async () => {
      note();
      await close();
    },
    act: (act) => {
      for (const link of links) if (!link.isOver) void perform(link, act, Buffer.alloc(0));
    },
    actOnNext: (direction, act) => {
      for (const link of links)
        if (!link.isOver) link.faults.push({ point: { direction, bytes: link.passed[direction] }, act });
    },
    note: () => note(),
    mend: async () => {
      for (const link of links) link.isOver = true;
      await close();
      [links, faults, injections, stand] = [[], [], [], undefined];
      await listen(own);
    },
    stop: close,
  };
};
