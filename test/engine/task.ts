import type { AnyModule } from '../../src/contract/module.ts';
import type { Value } from '../../src/inventory/types.ts';
import type { HostTask, Item, Part, Play, Sequence, Task } from '../../src/playbook/types.ts';
import { tasksOf } from '../../src/playbook/sequence.ts';

export const position = { file: 'site.yml', line: 1, column: 1 };

/** A task as the compiler gives it, with nothing said but its module and parameters. */
export const taskOf = (module: AnyModule, params: Value, more: Partial<Task> = {}): Task => ({
  id: '0.0',
  name: module.kind,
  position,
  module,
  params: { source: params, position },
  when: [],
  loopControl: { variable: 'item' },
  sets: more.register === undefined ? [] : [more.register],
  notify: [],
  listen: [],
  retries: 0,
  delay: 0,
  runOnce: false,
  tags: [],
  become: false,
  becomeUser: 'root',
  ignoreErrors: false,
  ignoreUnreachable: false,
  anyErrorsFatal: false,
  noLog: false,
  unsupported: 'fail',
  apply: 'both',
  absent: false,
  ...more,
});

export const itemOf = (params: Value, more: Partial<Item> = {}): Item => ({
  name: 'item',
  params,
  when: () => true,
  environment: new Map(),
  judge: () => undefined,
  ...more,
});

export const hostTaskOf = (task: Task, more: Partial<HostTask> = {}): HostTask => ({
  task,
  needs: { params: new Set(), when: new Set(), result: new Set() },
  waitsFor: () => undefined,
  items: () => [itemOf(task.params.source, { name: task.name })],
  ...more,
});

export const part = <T>(task: T): Part<T> => ({ kind: 'task', task });

/** A play on one host: its sequence, then its handlers. */
export const playOf = (host: string, sequence: Sequence<HostTask>, handlers: readonly HostTask[] = []): Play => ({
  index: 0,
  name: 'test',
  position,
  hosts: [host],
  batches: [[host]],
  sequence: tasksOf(sequence).map(({ task }) => part(task)),
  handlers: handlers.map(({ task }) => task),
});
