import { get } from '../../yaml/document.ts';
import { choiceField } from './fields.ts';
import type { MapNode } from '../../yaml/document.ts';
import type { Sequence } from '../types.ts';
import type { Reading } from './reading.ts';
import type { TaskDraft } from './surroundings.ts';

/** The task that `reboot: when-required` stands for, as if it had been written; `{timeout: 1200}` are its parameters. */
const written = (map: MapNode): MapNode => {
  const { keyPosition, value } = map.entries.find(({ key }) => key === 'reboot')!;
  const { position } = value;
  const parameters = value.kind === 'map' ? value : ({ kind: 'map', entries: [], position } as const);
  const name = { kind: 'scalar', value: 'Reboot', source: 'Reboot', style: 'plain', position } as const;
  const task: MapNode = {
    kind: 'map',
    position,
    entries: [
      { key: 'name', keyPosition, value: name },
      { key: 'reboot', keyPosition, value: parameters },
    ],
  };
  const tasks = { kind: 'sequence', items: [task], position } as const;
  return { kind: 'map', position, entries: [{ key: 'tasks', keyPosition, value: tasks }] };
};

/** `reboot: when-required`, or `reboot: {timeout: SECONDS}`, with its `drain`, `post_reboot` and `undrain`: the last part of a play. */
export const readReboot = (
  map: MapNode,
  section: (key: string, where?: undefined, of?: MapNode) => Sequence<TaskDraft>,
  { problems }: Reading,
): Sequence<TaskDraft> => {
  if (!get(map, 'reboot')) {
    for (const { key, keyPosition } of map.entries)
      if (['drain', 'undrain', 'post_reboot'].includes(key))
        problems.error('missing-key', `'${key}' is of reboots: it needs reboot: when-required`, keyPosition);
    return [];
  }
  const given = get(map, 'reboot')!;
  if (given.kind === 'map') {
    for (const { key, keyPosition } of given.entries)
      if (key !== 'timeout') {
        problems.error('unknown-key', `'reboot' of a play takes timeout alone, not '${key}'`, keyPosition);
        return [];
      }
  } else if (choiceField(map, 'reboot', ['when-required'], problems) === undefined) return [];
  const [part] = section('tasks', undefined, written(map));
  const [drain, checks, undrain] = ['drain', 'post_reboot', 'undrain'].map((key) => section(key));
  if (part?.kind !== 'task') return [];
  return [{ kind: 'reboot', reboot: part.task, drain: drain!, checks: checks!, undrain: undrain! }];
};
