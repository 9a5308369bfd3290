import { safeJson } from './escape.ts';
import type { Recap, Reporter } from './events.ts';
import { emptySummary, reduce, type Summary, type TaskSummary } from './summary.ts';
import type { Writer } from './writer.ts';

const totalOf = (summary: Summary): Recap => {
  const recaps = [...summary.hosts.values()].flatMap(({ end }) => end?.recap ?? []);
  const sum = (count: (recap: Recap) => number): number => recaps.reduce((total, recap) => total + count(recap), 0);
  return {
    ok: sum((recap) => recap.ok),
    changed: sum((recap) => recap.changed),
    unreachable: sum((recap) => recap.unreachable),
    failed: sum((recap) => recap.failed),
    skipped: sum((recap) => recap.skipped),
    rescued: sum((recap) => recap.rescued),
    ignored: sum((recap) => recap.ignored),
    pending: [...new Set(recaps.flatMap((recap) => recap.pending))],
  };
};

const taskOf = ({ first, outcomes }: TaskSummary): object => {
  const { task, name, module, position, play } = first;
  return { task, play, name, module, position, handler: first.handler ?? false, outcomes };
};

/** The whole run as one value: equal changes once, each with its keys and hosts. */
export const documentOf = (summary: Summary): object => ({
  run: summary.run?.run ?? null,
  command: summary.run?.command ?? null,
  playbook: summary.run?.playbook ?? null,
  inventory: summary.run?.inventory ?? [],
  simulated: summary.run?.simulated ?? false,
  started: summary.run?.time ?? null,
  plays: [...summary.plays.values()].map(({ started: { play, name, hosts, batches } }) => ({
    play,
    name,
    hosts,
    batches,
  })),
  hosts: [...summary.hosts.values()].map(({ name, end }) => ({
    host: name,
    status: end?.status ?? null,
    message: end?.message ?? null,
    hint: end?.hint ?? null,
    recap: end?.recap ?? null,
  })),
  tasks: [...summary.tasks.values()].map(taskOf),
  changes: [...summary.changes.values()].map(({ task, set, hosts }) => ({
    task: task.task,
    module: task.module,
    position: task.position,
    item: task.item ?? null,
    unknown: task.unknown ?? false,
    waits_for: task.waitsFor ?? null,
    keys: set?.keys ?? [],
    levels: set?.change.levels ?? [],
    before: set?.change.before ?? null,
    after: set?.change.after ?? null,
    pending: set?.change.pending ?? null,
    hosts: [...hosts],
  })),
  failures: [...summary.failures.values()].map(({ status, task, reason, message, hint, tolerated, sets, hosts }) => ({
    status,
    task: task?.task ?? null,
    module: task?.module ?? null,
    position: task?.position ?? null,
    item: task?.item ?? null,
    reason: reason ?? null,
    message,
    hint: hint ?? null,
    ignored: tolerated === 'ignored',
    rescued: tolerated === 'rescued',
    changes: [...sets.values()].map(({ keys, change: { levels, before, after, failed } }) => ({
      keys,
      levels,
      before,
      after,
      failed,
    })),
    hosts: [...hosts],
  })),
  outputs: [...summary.outputs.values()].map(({ task, text, hosts }) => ({
    task: task.task,
    position: task.position,
    item: task.item ?? null,
    text,
    hosts: [...hosts],
  })),
  warnings: [...summary.warnings.values()].map(({ position, message, hosts }) => ({
    position,
    message,
    hosts: [...hosts],
  })),
  diagnostics: [...summary.diagnostics.values()],
  recap: totalOf(summary),
  exit: summary.end?.exit ?? null,
  elapsed: summary.end?.elapsed ?? null,
  stopped: summary.end?.stopped ?? null,
  undone: summary.end?.undone ?? [],
});

/** One JSON document, written when the run is over. A run that was cut short has `exit: null`; no run, no document. */
export const createJsonReporter = (writer: Writer): Reporter => {
  const summary = emptySummary();
  let any = false;
  return {
    emit: (event) => {
      any = true;
      reduce(summary, event);
    },
    close: () => {
      if (any) writer.write(`${safeJson(documentOf(summary), 2)}\n`);
      return writer.close();
    },
  };
};
