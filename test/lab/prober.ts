import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** When no sshd answered on a host: the beginnings of the first attempt that failed and of the last; milliseconds of the clock. */
export interface Outage {
  readonly host: string;
  readonly from: number;
  readonly to: number;
}

export interface Prober {
  readonly outages: () => readonly Outage[];
  /** How often it looked, at all hosts. */
  readonly attempts: () => number;
  readonly stop: () => Promise<readonly Outage[]>;
}

export interface Probed {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** Whether sshd greets. */
const greets = ({ address, port }: Probed, patience: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: patience });
    const end = (up: boolean): void => {
      socket.destroy();
      resolve(up);
    };
    socket.once('data', (bytes) => end(bytes.toString('latin1').startsWith('SSH-')));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });

/** Opens a TCP connection to each host's sshd every `every` milliseconds, and notes when none greets within `patience`. */
export const startProber = (hosts: readonly Probed[], { every = 100, patience = 1500 } = {}): Prober => {
  const ended: Outage[] = [];
  const current = new Map<string, Outage>();
  let attempts = 0;
  let isStopped = false;
  const watch = async (host: Probed): Promise<void> => {
    while (!isStopped) {
      const from = Date.now();
      const isUp = await greets(host, patience);
      attempts++;
      const outage = current.get(host.name);
      if (!isUp) current.set(host.name, { host: host.name, from: outage?.from ?? from, to: from });
      else if (outage) {
        ended.push(outage);
        current.delete(host.name);
      }
      await sleep(Math.max(0, from + every - Date.now()));
    }
  };
  const watches = hosts.map(watch);
  const outages = (): readonly Outage[] =>
    [...ended, ...current.values()].toSorted((left, right) => left.from - right.from);
  return {
    outages,
    attempts: () => attempts,
    stop: async () => {
      isStopped = true;
      await Promise.all(watches);
      return outages();
    },
  };
};

/** Pairs of hosts that were down at the same time. */
export const together = (outages: readonly Outage[]): readonly (readonly [string, string])[] =>
  outages.flatMap((one, index) =>
    outages
      .slice(index + 1)
      .filter((other) => other.host !== one.host && other.from <= one.to && one.from <= other.to)
      .map((other) => [one.host, other.host] as const),
  );
