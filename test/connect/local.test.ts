import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import type { ConnectionSettings } from '../../src/inventory/types.ts';
import { optionsFor, runScript } from './fixture.ts';

const settings: ConnectionSettings = { connection: 'local', address: 'localhost', sshArguments: [] };

describe('connection: local', () => {
  it('runs a shell of this machine', async () => {
    const connection = await connect(settings, optionsFor());
    const { stdout, stderr, end } = await runScript(await connection.shell(), 'echo out; echo err >&2; exit 3\n');
    expect([stdout.toString(), stderr.toString(), end]).toEqual(['out\n', 'err\n', { exit: 3 }]);
    connection.close();
  });

  it('needs no sudo to be who it is', async () => {
    const connection = await connect(settings, optionsFor());
    const shell = await connection.shell({ user: userInfo().username });
    expect((await runScript(shell, 'id -un\n')).stdout.toString()).toBe(`${userInfo().username}\n`);
  });

  it('tells a signal, and is gone when destroyed or closed', async () => {
    const connection = await connect(settings, optionsFor());
    expect((await runScript(await connection.shell(), 'kill -TERM $$\n')).end).toEqual({ signal: 'SIGTERM' });
    const [destroyed, closed] = await Promise.all([connection.shell(), connection.shell()]);
    destroyed.write(Buffer.from('sleep 60\n'));
    destroyed.destroy();
    expect((await destroyed.closed).lost).toContain('from this side');
    connection.close();
    expect((await closed.closed).lost).toContain('from this side');
  });

  it('survives a flood on stderr that nobody reads', async () => {
    const connection = await connect(settings, optionsFor());
    const shell = await connection.shell();
    shell.write(Buffer.from('head -c 4000000 /dev/zero >&2; exit 6\n'));
    expect(await shell.closed).toEqual({ exit: 6 });
  });
});
