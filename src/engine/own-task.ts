import type { Recorded } from '../contract/changes.ts';
import { Type } from '../contract/index.ts';
import { defineModule, type AnyModule } from '../contract/module.ts';
import type { Position } from '../diagnostics.ts';
import type { HostTask, Play, Task } from '../playbook/types.ts';

/** What a task of perfplay's own says of itself. */
export interface OwnTask {
  readonly id: string;
  readonly name: string;
  readonly position: Position;
  readonly module: AnyModule;
  readonly become: boolean;
  readonly becomeUser: string;
  readonly absent?: boolean;
  readonly recorded?: Recorded;
}

/** A task that no playbook has: nothing in it waits for the host. */
export const ownTask = ({ recorded, ...own }: OwnTask): HostTask => {
  const task: Task = {
    absent: false,
    ...own,
    params: { source: {}, position: own.position },
    when: [],
    loopControl: { variable: 'item' },
    sets: [],
    notify: [],
    listen: [],
    retries: 0,
    delay: 0,
    runOnce: false,
    tags: [],
    ignoreErrors: false,
    ignoreUnreachable: false,
    anyErrorsFatal: false,
    noLog: false,
    unsupported: 'fail',
    apply: 'both',
  };
  return {
    task,
    needs: { params: new Set(), when: new Set(), result: new Set() },
    waitsFor: () => undefined,
    items: () => [{ name: own.name, params: {}, when: () => true, environment: new Map(), judge: () => undefined }],
    ...(recorded && { recorded }),
  };
};

/** What a task is called that makes recorded changes, or takes them back: it reads and plans nothing by itself. */
const recordModule = (kind: 'apply' | 'rollback', summary: string): AnyModule =>
  defineModule({
    kind,
    summary,
    params: Type.Object({}),
    stores: [],
    removable: true,
    observe: () => ({}),
    plan: () => [],
  });

export const applyModule = recordModule('apply', 'Makes exactly the changes of a plan');
export const rollbackModule = recordModule('rollback', 'Takes recorded changes back');

/** The task that takes a play back where it has failed, as the user of its other tasks. */
export const rollbackTask = ({ index, position }: Play, { become, becomeUser }: Task): HostTask =>
  ownTask({
    id: `${index}.rollback`,
    name: 'Put back what the play has changed',
    position,
    module: { ...rollbackModule, removable: false, plan: () => [{ key: 'rollback', action: { rollback: 'block' } }] },
    become,
    becomeUser,
  });
