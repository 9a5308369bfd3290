import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../src/connect/connect.ts';
import type { ConnectOptions } from '../../src/connect/options.ts';
import type { BecomeError, Channel, ConnectError, Connection } from '../../src/connect/types.ts';
import type { ConnectionSettings } from '../../src/inventory/types.ts';
import { temporaryFolder } from './sshd.ts';

/** Settings that use nothing of this machine's own ssh_config and known_hosts. */
export const settingsFor = (
  port: number,
  knownHosts: string,
  more: Partial<ConnectionSettings> = {},
): ConnectionSettings => ({
  connection: 'ssh',
  address: '127.0.0.1',
  port,
  user: 'root',
  knownHostsFile: knownHosts,
  sshArguments: ['-F', 'none'],
  ...more,
});

/** Options with an empty home and no agent; a prompt that nobody expects is an error. */
export const optionsFor = (more: Partial<ConnectOptions> = {}): ConnectOptions => ({
  timeoutMs: 10_000,
  home: temporaryFolder(),
  agentSocket: '',
  ask: (prompt) => Promise.reject(new Error(`unexpected prompt: ${prompt}`)),
  ...more,
});

/** Writes a known_hosts file with the lines given. */
export const knownHostsFile = (...lines: readonly string[]): string => {
  const file = join(temporaryFolder(), 'known_hosts');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  return file;
};

/** The error of a promise that must not succeed. */
export const failureOf = async (promise: Promise<unknown>): Promise<ConnectError | BecomeError> => {
  try {
    const value = (await promise) as Partial<Connection>;
    value.close?.();
  } catch (error) {
    return error as ConnectError;
  }
  throw new Error('it succeeded');
};

/** Runs a script in the channel's shell to its end: all output, and how it ended. */
export const runScript = async (channel: Channel, script: string) => {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  channel.onStdout((bytes) => stdout.push(bytes));
  channel.onStderr((bytes) => stderr.push(bytes));
  channel.write(Buffer.from(script));
  channel.end();
  const end = await channel.closed;
  return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), end };
};

/** Connects, runs a script as the login user, closes. */
export const runOn = async (settings: ConnectionSettings, options: ConnectOptions, script: string) => {
  const connection = await connect(settings, options);
  try {
    return await runScript(await connection.shell(), script);
  } finally {
    connection.close();
  }
};
