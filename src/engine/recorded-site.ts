import type { Recorded } from '../contract/changes.ts';
import type { Position } from '../diagnostics.ts';
import type { HostPlay, Play, Site } from '../playbook/types.ts';
import { applyModule, ownTask, rollbackModule } from './own-task.ts';

/** Recorded changes that one user makes on a host. */
export interface RecordedTask {
  readonly become: boolean;
  readonly becomeUser: string;
  readonly recorded: Recorded;
}

/** A play that is made of recorded changes. */
export interface RecordedPlay {
  readonly name: string;
  readonly batches: readonly (readonly string[])[];
  readonly maxFailPercentage?: number;
  readonly tasks: ReadonlyMap<string, readonly RecordedTask[]>;
}

/** A site whose tasks are records: the whole engine works on it as on a playbook. `position`: where the record is. */
export const siteOfRecords = (plays: readonly RecordedPlay[], position: Position): Site => {
  const made = plays.map(({ name, batches, maxFailPercentage }, index): Play => ({
    index,
    name,
    position,
    hosts: batches.flat(),
    batches,
    ...(maxFailPercentage !== undefined && { maxFailPercentage }),
    sequence: [],
    handlers: [],
  }));
  const tasksOf = (play: Play, host: string) =>
    (plays[play.index]!.tasks.get(host) ?? []).map(({ become, becomeUser, recorded }, index) =>
      ownTask({
        id: `${play.index}.${index}`,
        name: play.name,
        position,
        module: recorded.direction === 'forth' ? applyModule : rollbackModule,
        become,
        becomeUser,
        recorded,
      }),
    );
  return {
    files: [position.file],
    plays: made,
    bind: (play, host): HostPlay => ({
      play,
      sequence: tasksOf(play, host.name).map((task) => ({ kind: 'task', task })),
      handlers: [],
    }),
    downGroups: () => [],
  };
};
