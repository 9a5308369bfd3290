import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Prune } from './prune.ts';
import type { Inventory } from '../inventory/types.ts';
import type { Change } from '../contract/changes.ts';
import type { HostPlay, Play, Site, Task } from '../playbook/types.ts';
import type { Event, HostEnded, RunStarted } from '../report/events.ts';
import { createDelegates } from './delegates.ts';
import { createDownSlots, type DownSlots } from './down.ts';
import { createHostRun, type HostOptions, type HostRun } from './host.ts';
import { createBatch } from './once.ts';
import { createHostShells, type Connect, type HostShells } from './shells.ts';

export interface RunOptions {
  readonly run: string;
  readonly command: RunStarted['command'];
  readonly site: Site;
  readonly prune: Prune;
  readonly inventory: Inventory;
  readonly connect: Connect;
  /** Of the playbook's files. */
  readonly hash: string;
  readonly writeRecord: HostOptions['writeRecord'];
  readonly lockTimeout: number;
  readonly planned?: (host: string, play: Play, task: Task, changes: readonly Change[]) => void;
  /** How many hosts at a time. */
  readonly forks: number;
  readonly emit: (event: Event) => void;
  readonly now: () => Date;
  /** Asks whoever is at the terminal. */
  readonly prompt: (text: string) => Promise<string>;
  readonly signal: AbortSignal;
}

export interface RunSummary {
  readonly hosts: readonly HostEnded[];
  /** Hosts that were left out because a batch failed too often. */
  readonly stopped?: string;
  /** Hosts that are not done. */
  readonly undone: readonly string[];
  /** Asks of all hosts, for whoever counts. */
  readonly asks: number;
  readonly interrupted: boolean;
}

interface HostState {
  readonly run: HostRun;
  readonly shells: HostShells;
}

/** Seconds; ends early when the signal is aborted. */
const waitFor = (seconds: number, signal: AbortSignal): Promise<void> =>
  sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);

const firstOf = (names: readonly string[]): string => `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;

/** A batch may lose this share of its hosts, in per cent; more ends the run. */
const lostTooMany = (play: Play, batch: readonly string[], failed: readonly string[]): boolean => {
  if (failed.length === 0) return false;
  if (play.maxFailPercentage !== undefined) return (failed.length / batch.length) * 100 > play.maxFailPercentage;
  return failed.length === batch.length;
};

/**
 * Plays in order, batches in order, the hosts of a batch side by side. A host that failed takes no further part; where a batch
 * fails too often, nothing after it is begun. Nothing is thrown for what happens on a host.
 */
export const runSite = async (options: RunOptions): Promise<RunSummary> => {
  const { site, inventory, emit, now, signal } = options;
  const check = options.command === 'plan' || options.command === 'check';
  const names = [...new Set(site.plays.flatMap((play) => play.hosts))];
  const limit = pLimit(options.forks);
  const simulated = names.some((name) => inventory.hosts.get(name)?.connection.write !== undefined);
  /** Of hosts on their way; what is known of a host goes when it is done, its last event aside. */
  const states = new Map<string, HostState>();
  const ended = new Map<string, HostEnded>();
  const parts = new Map<string, number>();
  const prompts = new Map<string, Promise<string>>();
  const delegates = createDelegates(inventory, options.connect, (name) => states.get(name)?.shells.expire());
  let stopped: string | undefined;
  let round = 0;

  emit({
    type: 'run-started',
    run: options.run,
    command: options.command,
    playbook: site.files.join(' '),
    inventory: inventory.sources,
    hosts: names,
    simulated,
    time: now().toISOString(),
  });

  const isStopped = (): boolean => signal.aborted || stopped !== undefined;
  const slots = new Map<Play, DownSlots>();
  const slotsOf = (play: Play): DownSlots => {
    const known = slots.get(play) ?? createDownSlots(site.downGroups(play), isStopped);
    slots.set(play, known);
    return known;
  };
  const wakeAll = (): void => slots.forEach(({ wake }) => wake());
  signal.addEventListener('abort', wakeAll, { once: true });

  /** Made when the host's first batch comes: with a thousand hosts not all plays are bound at once. */
  const stateOf = (name: string): HostState => {
    const known = states.get(name);
    if (known) return known;
    const host = (inventory.hosts.get(name) ?? inventory.implicit?.get(name))!;
    const plays: HostPlay[] = site.plays
      .filter((play) => play.hosts.includes(name))
      .map((play) => site.bind(play, host));
    const shells = createHostShells(host, options.connect, signal);
    const run = createHostRun({
      host,
      plays,
      shells,
      delegates,
      check,
      prune: options.prune,
      journal: { run: options.run, playbook: site.files.join(' '), hash: options.hash },
      writeRecord: options.writeRecord,
      lockTimeout: options.lockTimeout,
      ...(options.planned && { planned: (...what) => options.planned?.(name, ...what) }),
      journalPart: (of) => {
        const part = (parts.get(of) ?? 0) + 1;
        parts.set(of, part);
        return part;
      },
      emit,
      now,
      wait: (seconds) => waitFor(seconds, signal),
      prompt: (task, text) => {
        const key = `${round} ${task}`;
        const asked = prompts.get(key) ?? options.prompt(text);
        prompts.set(key, asked);
        return asked;
      },
      stopped: isStopped,
      signal,
      halt: (why) => {
        stopped ??= why;
        wakeAll();
      },
      takeDown: (play, waits) => slotsOf(play).take(host.name, waits),
    });
    const state = { run, shells };
    states.set(name, state);
    return state;
  };

  const closing: Promise<void>[] = [];
  let asks = 0;
  const end = (name: string, { run, shells }: HostState): void => {
    closing.push(shells.close());
    asks += shells.asks();
    const event = run.end();
    ended.set(name, event);
    states.delete(name);
    emit(event);
  };
  const hasFailed = (name: string): boolean => !['ok', 'changed', undefined].includes(ended.get(name)?.status);

  const lastPlay = new Map(site.plays.flatMap((play) => play.hosts.map((name) => [name, play.index] as const)));

  for (const play of site.plays) {
    if (stopped !== undefined || signal.aborted) break;
    emit({ type: 'play-started', play: play.index, name: play.name, hosts: play.hosts, batches: play.batches.length });
    for (const [index, batch] of play.batches.entries()) {
      if (stopped !== undefined || signal.aborted) break;
      const alive = batch.filter((name) => !hasFailed(name));
      if (alive.length === 0) continue;
      round++;
      const together = createBatch(alive);
      emit({ type: 'batch-started', play: play.index, batch: index + 1, hosts: alive });
      await Promise.all(
        alive.map((name) =>
          limit(async () => {
            if (signal.aborted || stopped !== undefined) return together.leave(name);
            const state = stateOf(name);
            const result = await state.run.play(play.index, together);
            if (result === 'failed' || (result === 'done' && lastPlay.get(name) === play.index)) end(name, state);
          }),
        ),
      );
      const failed = alive.filter(hasFailed);
      if (!check && lostTooMany(play, alive, failed)) {
        const more = index + 1 < play.batches.length || site.plays.at(-1) !== play;
        if (more)
          stopped ??= `${failed.length} of ${alive.length} hosts of batch ${index + 1} of "${play.name}" failed (${firstOf(failed)})`;
      }
    }
  }

  const undone = names.filter((name) => !ended.has(name));
  if (undone.length > 0) {
    const text = `${undone.length} of ${names.length} hosts are not done (${firstOf(undone)})`;
    if (signal.aborted) stopped = `interrupted: ${text}; run again to go on`;
    else if (stopped !== undefined) stopped = `${stopped}; ${text}`;
  }
  for (const [name, state] of states) end(name, state);
  await Promise.all([...closing, delegates.close()]);
  const hosts = [...ended.values()];
  return {
    hosts,
    undone,
    asks: asks + delegates.asks(),
    interrupted: signal.aborted,
    ...(stopped !== undefined && { stopped }),
  };
};

/** Exit code of run, plan and check from how the hosts ended: 2 failed or unknown, 4 unreachable, 6 both, 12 locked, 130 interrupted. */
export const exitCode = ({ hosts, interrupted }: RunSummary): number => {
  if (interrupted) return 130;
  if (hosts.some(({ locked }) => locked)) return 12;
  const failed = hosts.some(({ status }) => status === 'failed' || status === 'unknown');
  const unreachable = hosts.some(({ status }) => status === 'unreachable');
  return (failed ? 2 : 0) + (unreachable ? 4 : 0);
};
