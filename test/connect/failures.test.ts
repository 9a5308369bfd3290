import { expect, it } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import { ConnectError } from '../../src/connect/types.ts';
import { failureOf, knownHostsFile, optionsFor, settingsFor } from './fixture.ts';
import { itSaysOfPeers, peers } from './peers.ts';

const peer = peers();

const failure = async (port: number, more = {}) => {
  const started = performance.now();
  const error = await failureOf(connect(settingsFor(port, knownHostsFile(), more), optionsFor({ timeoutMs: 800 })));
  expect(error).toBeInstanceOf(ConnectError);
  return { error, elapsed: performance.now() - started, where: `127.0.0.1:${port}` };
};

itSaysOfPeers(peer, failure);

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
