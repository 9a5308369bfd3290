import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LabHost } from '../lab/host.ts';
import type { Tree } from '../lab/tree.ts';

/** Lines of sshd_config and files of a host that counts the round trips of every session. */
export const recorder: { readonly sshd: readonly string[]; readonly tree: Tree } = {
  sshd: ['ForceCommand exec perl /usr/libexec/lab/flights.pl'],
  tree: {
    '/usr/libexec/lab/flights.pl': readFileSync(path.join(import.meta.dirname, 'flights.pl'), 'utf8'),
    '/var/lib/lab/flights': { text: '', mode: 0o666 },
  },
};

/** What sshd's side saw since the last `forget`: one number of round trips for each session. */
export const recorded = async (host: LabHost) => ({
  connections: await host.connections(),
  sessions: await host.sessions(),
  flights: (await host.read('/var/lib/lab/flights')).split('\n').filter(Boolean).map(Number),
});

export const forget = async (host: LabHost): Promise<void> => {
  await host.clear();
  await host.sh(': >/var/lib/lab/flights');
};
