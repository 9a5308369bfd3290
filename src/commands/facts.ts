import { facts as factsRead, type Facts } from '../contract/facts.ts';
import { snapshotToData, type SnapshotData } from '../contract/snapshot.ts';
import type { Shell } from '../connect/shell/shell.ts';
import type { SnapshotView } from '../engine/snapshot-view.ts';
import type { Host } from '../inventory/types.ts';
import { stores } from '../engine/stores/index.ts';
import { bindTask, readsOf } from '../engine/task-plan.ts';
import { safeJson } from '../report/escape.ts';
import { tasksOf } from '../playbook/sequence.ts';
import { answersCode, failureText, onHosts, type HostAnswer } from './fleet.ts';
import { hostsOf } from './inventory.ts';
import { openInventory, openSite, type LoadedInventory, type LoadedSite } from './load.ts';
import type { ConnectOptions, SiteOptions } from './options.ts';
import type { Print } from './print.ts';
import busyScript from './busy.sh?raw';
import { safeYaml } from './safe-yaml.ts';

export interface FactsOptions extends SiteOptions, ConnectOptions {
  readonly snapshot?: boolean;
  readonly busy?: boolean;
  /** A playbook whose tasks' reads the snapshot is to hold too. */
  readonly site?: string;
}

/** kHz of each online CPU while it is busy, by name: idle CPUs would report a fallback. */
const busyClock = async (shell: Shell): Promise<Readonly<Record<string, number>>> => {
  const { stdout } = await shell.run({ argv: ['/bin/sh', '-c', busyScript] });
  return Object.fromEntries(
    stdout.split('\n').flatMap((line) => {
      const [cpu, khz] = line.split(' ');
      return cpu && khz ? [[cpu, Number(khz)]] : [];
    }),
  );
};

interface HostFacts {
  readonly facts: Facts;
  readonly busy?: Readonly<Record<string, number>>;
  readonly snapshot?: SnapshotData;
}

/**
 * Facts of the hosts as JSON, by host. `--snapshot`: everything read instead, as YAML, in the format of the modules' cases:
 * facts, stores, and with `--site` what that playbook's tasks read.
 */
export const facts = async (
  pattern: string,
  options: FactsOptions,
  print: Print,
  signal: AbortSignal,
): Promise<number> => {
  const loaded: LoadedInventory & Partial<Pick<LoadedSite, 'site'>> =
    options.site === undefined
      ? openInventory(options, print.mask.hide)
      : openSite(options.site, options, print.mask.hide);
  const { inventory } = loaded;
  const names = hostsOf(inventory, pattern, options.limit);
  const plays = (host: Host) => loaded.site?.plays.filter((play) => play.hosts.includes(host.name)) ?? [];
  const read = async (shell: Shell, view: SnapshotView, host: Host): Promise<HostFacts> => {
    const tasks = plays(host).flatMap((play) => tasksOf(loaded.site?.bind(play, host).sequence ?? []));
    const bound = tasks
      .filter(({ needs }) => needs.params.size === 0)
      .map((task) => bindTask(task, { registered: new Map(), unknown: new Map() }));
    const extra = options.snapshot
      ? [...[...stores.values()].map(({ state }) => state), ...bound.flatMap(readsOf)]
      : [];
    await view.ensure([factsRead, ...extra]);
    return {
      facts: view.decode(factsRead),
      ...(options.snapshot && { snapshot: snapshotToData(view.snapshot()) }),
      ...(options.busy && { busy: await busyClock(shell) }),
    };
  };
  const tell = (answer: HostAnswer<HostFacts>): void => {
    if ('status' in answer) print.talk(failureText(answer));
  };
  const answers = await onHosts(inventory, names, options, print, signal, read, tell);
  const answered = answers.flatMap((answer) => ('answer' in answer ? [answer] : []));
  if (options.snapshot)
    print.data(safeYaml(Object.fromEntries(answered.map(({ host, answer }) => [host, answer.snapshot]))));
  else
    print.data(
      safeJson(
        Object.fromEntries(
          answered.map(({ host, answer: { facts: known, busy } }) => [
            host,
            { ...known, ...(busy && { busy_khz: busy }) },
          ]),
        ),
        2,
      ),
    );
  return signal.aborted ? 130 : answersCode(answers);
};
