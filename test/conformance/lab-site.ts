import path from 'node:path';
import { openSite } from '../../src/commands/load.ts';
import type { Channel, Connection } from '../../src/connect/types.ts';
import { ConnectError } from '../../src/connect/types.ts';
import { runSite, type RunSummary } from '../../src/engine/run.ts';
import type { Event, TaskResult } from '../../src/report/events.ts';
import { localChannel } from '../connect/shell/shells.ts';
import type { LabHost } from './lab-host.ts';

const checkout = path.join(import.meta.dirname, '../..');

/** As sshd does it: a shell in the login folder, which is what the inventory's paths start from. */
const shellIn = (folder: string): Channel => localChannel(['/bin/sh', '-c', 'cd "$1" && exec /bin/sh', 'sh', folder]);

const connectTo = (host: LabHost | undefined): Connection => {
  if (!host) throw new ConnectError('nobody listens');
  const channels: Channel[] = [];
  return {
    shell: async () => {
      const channel = shellIn(host.folder.base);
      channels.push(channel);
      return channel;
    },
    close: () => channels.forEach((channel) => channel.destroy()),
  };
};

export interface SiteRun {
  readonly summary: RunSummary;
  readonly tasks: readonly TaskResult[];
}

/** The playbook and the inventory that come with perfplay, on the lab's hosts; those that are not given are down. */
export const runLabSite = async (hosts: readonly LabHost[], command: 'run' | 'plan'): Promise<SiteRun> => {
  const options = { inventory: [path.join(checkout, 'inventories/lab.yml')] };
  const { site, inventory } = openSite(path.join(checkout, 'playbooks/site.yml'), options);
  const events: Event[] = [];
  const summary = await runSite({
    run: 'conformance',
    command,
    site,
    prune: command === 'plan' ? 'list' : 'off',
    inventory,
    connect: async ({ name }) => connectTo(hosts.find((host) => host.name === name)),
    forks: 2,
    emit: (event) => events.push(event),
    prompt: async () => '',
    now: () => new Date(0),
    hash: 'abc',
    writeRecord: () => Promise.resolve(),
    lockTimeout: 0,
    signal: new AbortController().signal,
  });
  return { summary, tasks: events.filter((event): event is TaskResult => event.type === 'task') };
};
