import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import { ConnectError } from '../../src/connect/types.ts';
import { failureOf, knownHostsFile, optionsFor, settingsFor } from './fixture.ts';
import { freePort } from './sshd.ts';

let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** A peer of our own that behaves as `serve` says; gives its port and how often it was called. */
const peer = async (serve: (socket: Socket) => void) => {
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

const failure = async (port: number, more = {}) => {
  const started = performance.now();
  const error = await failureOf(connect(settingsFor(port, knownHostsFile(), more), optionsFor({ timeoutMs: 800 })));
  expect(error).toBeInstanceOf(ConnectError);
  return { error, elapsed: performance.now() - started, where: `127.0.0.1:${port}` };
};

it('names a refused connection', async () => {
  const { error, where } = await failure(await freePort());
  expect(error.message).toBe(`ECONNREFUSED ${where}: is sshd up?`);
});

it('names an unknown host name', async () => {
  const { error } = await failure(22, { address: 'no-such-host.invalid' });
  expect(error.message).toMatch(/^(ENOTFOUND|EAI_AGAIN) no-such-host\.invalid:22: /);
});

it('gives up on a silent peer at the deadline', async () => {
  const { port, calls } = await peer(() => undefined);
  const { error, elapsed, where } = await failure(port);
  expect(error.message).toBe(`${where} accepted the connection and said nothing within 0.8 s`);
  expect(elapsed).toBeGreaterThan(750);
  expect(elapsed).toBeLessThan(2000);
  expect(calls.count).toBe(1);
});

it('takes a close after the greeting as an error', async () => {
  const { port } = await peer((socket) => socket.write('SSH-2.0-Test\r\n', () => socket.end()));
  const { error, where } = await failure(port);
  expect(error.message).toContain(where);
  expect(error.message).toMatch(/closed the connection/);
});

it('tries again, a few times, where the peer closes before a word', async () => {
  const { port, calls } = await peer((socket) => socket.end());
  const { error, where } = await failure(port);
  expect(error.message).toBe(`${where} closed the connection before a word of SSH`);
  expect(error.hint).toContain('MaxStartups');
  expect(calls.count).toBe(5);
}, 30_000);

it('says the same of a peer that resets the connection, as one does that leaves our greeting unread', async () => {
  const { port, calls } = await peer((socket) => setTimeout(() => socket.resetAndDestroy(), 50));
  const { error, where } = await failure(port);
  expect(error.message).toBe(`${where} closed the connection before a word of SSH`);
  expect(error.hint).toContain('MaxStartups');
  expect(calls.count).toBe(5);
}, 30_000);

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

it('ends at once on an interrupt', async () => {
  const { port } = await peer(() => undefined);
  const interrupt = new AbortController();
  setTimeout(() => interrupt.abort(), 100);
  const started = performance.now();
  const options = optionsFor({ signal: interrupt.signal });
  const error = await failureOf(connect(settingsFor(port, knownHostsFile()), options));
  expect(error.message).toContain('interrupted');
  expect(performance.now() - started).toBeLessThan(1000);
});

it.each(['-oProxyCommand=x', 'a b', 'x$(id)', '', 'a;b'])('refuses %j as a host name', async (address) => {
  const { error } = await failure(22, { address });
  expect(error.message).toContain('is not a host name');
});
