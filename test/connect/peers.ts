import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { failureOf } from './fixture.ts';
import { freePort } from './sshd.ts';

/** What a connection to a port of this machine failed with; `where` as errors name it. */
export type Failure = (
  port: number,
) => Promise<{ readonly error: Awaited<ReturnType<typeof failureOf>>; readonly where: string }>;

/**
 * For the tests of a file or of a `describe`: starts a peer of our own that behaves as `serve` says, and gives its port and how
 * often it was called. It ends with its test.
 */
export const peers = () => {
  let server: Server | undefined;
  const sockets = new Set<Socket>();
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server?.close();
  });
  return async (serve: (socket: Socket) => void) => {
    const port = await freePort();
    const calls = { count: 0 };
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      calls.count++;
      serve(socket);
    });
    await new Promise<void>((resolve) => server!.listen(port, '127.0.0.1', resolve));
    return { port, calls };
  };
};

/** Tests of what every kind of connection says of such peers. */
export const itSaysOfPeers = (peer: ReturnType<typeof peers>, failure: Failure): void => {
  it('names a refused connection', async () => {
    const { error, where } = await failure(await freePort());
    expect(error.message).toBe(`ECONNREFUSED ${where}: is sshd up?`);
  });

  it('takes a close after the greeting as an error', async () => {
    const { port } = await peer((socket) => socket.write('SSH-2.0-Test\r\n', () => socket.end()));
    const { error, where } = await failure(port);
    expect(error.message).toBe(`${where} closed the connection in the key exchange`);
  });

  it.each([
    ['closes', (socket: Socket) => void socket.end()],
    [
      'resets, as it leaves our greeting unread,',
      (socket: Socket) => void setTimeout(() => socket.resetAndDestroy(), 50),
    ],
  ])(
    'tries again, a few times, where the peer %s before a word',
    async (_, serve) => {
      const { port, calls } = await peer(serve);
      const { error, where } = await failure(port);
      expect(error.message).toBe(`${where} closed the connection before a word of SSH`);
      expect(error.hint).toContain('MaxStartups');
      expect(calls.count).toBe(5);
    },
    30_000,
  );

  it('does not try again where the server penalises the address', async () => {
    const { port, calls } = await peer((socket) => socket.end('Not allowed at this time\r\n'));
    const { error } = await failure(port);
    expect(error.hint).toContain('PerSourcePenalties');
    expect(calls.count).toBe(1);
  });

  it.each([
    ['a web server', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html>no</html>\r\n'],
    ['garbage', `${'\u0000\u0001\u0002\u001b[31m'.repeat(3000)}\r\n`],
  ])('recognises %s', async (_, text) => {
    const { port } = await peer((socket) => socket.end(text));
    const { error, where } = await failure(port);
    expect(error.message).toContain(`${where} does not speak SSH`);
    expect(error.message).not.toMatch(/\p{Cc}/u);
  });
};
