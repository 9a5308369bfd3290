import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { connect } from '../../src/connect/connect.ts';
import type { ConnectOptions } from '../../src/connect/options.ts';
import type { Connection } from '../../src/connect/types.ts';
import type { ConnectionSettings } from '../../src/inventory/types.ts';
import { settingsFor } from './fixture.ts';
import { noSshd, temporaryFolder } from './sshd.ts';

/** Why tests of the ssh program cannot run here; undefined where they can. */
export const noSsh = existsSync('/usr/bin/ssh') ? noSshd : '/usr/bin/ssh is missing: install openssh-client';

/** As settingsFor, by the ssh program. */
export const opensshSettings = (
  port: number,
  knownHosts: string,
  more: Partial<ConnectionSettings> = {},
): ConnectionSettings => settingsFor(port, knownHosts, { connection: 'openssh', ...more });

/** All processes of this machine: their number, session (setsid(2)) and words. */
export const processes = () =>
  readdirSync('/proc').flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const session = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
      return [{ pid: Number(pid), session, words }];
    } catch {
      return [];
    }
  });

/** The temporary folder of the file's tests: other tests make connections too. */
const temporary = temporaryFolder();
chmodSync(temporary, 0o755); // sshd reads authorized_keys as the user who logs in.
const usual = process.env.TMPDIR;

/** The ssh programs that hold or use a connection of these tests. */
export const sshPrograms = () =>
  processes().filter(
    ({ words }) =>
      words[0] === 'ssh' && words.some((word) => word.replace(/^-S/, '').startsWith(`${temporary}/perfplay-`)),
  );

const leftovers = (): readonly string[] => [
  ...readdirSync(temporary).filter((name) => !name.startsWith('perfplay-test-')),
  ...sshPrograms().map(({ words }) => words.join(' ')),
];

const opened: Connection[] = [];

/** As connect; closed when the test is over. */
export const open = async (settings: ConnectionSettings, options: ConnectOptions): Promise<Connection> => {
  const connection = await connect(settings, options);
  opened.push(connection);
  return connection;
};

/** After each test of the file no folder, no socket and no process of a connection may be left. */
export const leaveNothing = (): void => {
  beforeAll(() => {
    process.env.TMPDIR = temporary;
  });
  afterEach(async () => {
    for (const connection of opened.splice(0)) connection.close();
    await expect.poll(leftovers, { timeout: 5000 }).toEqual([]);
  });
  afterAll(() => {
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
  });
};
