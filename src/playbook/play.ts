import { get } from '../yaml/document.ts';
import { nearest } from '../diagnostics.ts';
import { readSerial } from './batches.ts';
import { booleanField, mapsField, textField, variablesField, wordsField, wrongType } from './fields.ts';
import { checkKeys, playKeywords, unknownKey } from './keywords.ts';
import { readTask } from './task.ts';
import type { AnyModule } from '../contract/module.ts';
import type { MapNode } from '../yaml/document.ts';
import type { PlayDefinition, TaskDefinition } from './definitions.ts';
import type { Problems } from './problems.ts';

export interface PlaySetting {
  readonly index: number;
  readonly modules: ReadonlyMap<string, AnyModule>;
  readonly become: boolean;
  readonly problems: Problems;
}

const readPattern = (map: MapNode, problems: Problems): PlayDefinition['pattern'] => {
  if (!get(map, 'hosts')) {
    problems.error('missing-key', "a play needs 'hosts': the hosts or groups it is for", map.position);
    return undefined;
  }
  const words = wordsField(map, 'hosts', problems);
  const [first] = words;
  return first && { text: words.map(({ text }) => text).join(','), position: first.position };
};

const readMaxFail = (map: MapNode, problems: Problems): number | undefined => {
  const node = get(map, 'max_fail_percentage');
  if (!node) return undefined;
  if (node.kind === 'scalar' && typeof node.value === 'number' && node.value >= 0 && node.value <= 100)
    return node.value;
  return wrongType(problems, 'max_fail_percentage', 'a number from 0 to 100', node);
};

/** Each name once: the later of two is reported. */
const refuseDuplicates = (
  what: string,
  found: readonly {
    readonly name: string;
    readonly position: { readonly line: number } & NonNullable<TaskDefinition['registerAt']>;
  }[],
  problems: Problems,
): void => {
  const lines = new Map<string, number>();
  for (const { name, position } of found) {
    const line = lines.get(name);
    if (line === undefined) lines.set(name, position.line);
    else
      problems.error(
        `duplicate-${what}`,
        `the ${what} '${name}' stands twice in this play, first on line ${line}`,
        position,
        'give each its own name',
      );
  }
};

const checkHandlers = (
  tasks: readonly TaskDefinition[],
  handlers: readonly TaskDefinition[],
  names: readonly string[],
  problems: Problems,
): void => {
  for (const { text, position } of [...tasks, ...handlers].flatMap(({ notify }) => notify)) {
    if (names.includes(text)) continue;
    const near = nearest(text, names);
    const hint = near === undefined ? 'write it under handlers: of this play' : `did you mean '${near}'?`;
    problems.error('unknown-handler', `this play has no handler '${text}'`, position, hint);
  }
};

/** A play from its map. Everything wrong in it and its tasks goes to `problems`. */
export const readPlay = (map: MapNode, { index, modules, become, problems }: PlaySetting): PlayDefinition => {
  for (const { key, keyPosition } of checkKeys(map, playKeywords, problems)) {
    const { message, hint } = unknownKey('play', key, playKeywords.known);
    const isTask = modules.has(key);
    problems.error(
      'unknown-key',
      message,
      keyPosition,
      isTask ? `'${key}' is a module: write it in a task under tasks:` : hint,
    );
  }
  const isImport = get(map, 'import_playbook') !== undefined;
  const name = textField(map, 'name', problems);
  if (!get(map, 'name') && !isImport)
    problems.error('missing-key', "a play needs a 'name': what it is for", map.position);
  booleanField(map, 'gather_facts', problems);
  const tags = wordsField(map, 'tags', problems, ',').map(({ text }) => text);
  const shared = {
    modules,
    tags,
    become: booleanField(map, 'become', problems) ?? become,
    becomeUser: textField(map, 'become_user', problems)?.text ?? 'root',
    problems,
  };
  const handlerMaps = mapsField(map, 'handlers', problems);
  const handlerNames = handlerMaps.flatMap((handler) => {
    const node = get(handler, 'name');
    if (!node) problems.error('missing-key', "a handler needs a 'name': notify calls it by that", handler.position);
    return node?.kind === 'scalar' ? [{ name: String(node.value), position: node.position }] : [];
  });
  const read = (maps: readonly MapNode[], prefix: string): readonly TaskDefinition[] =>
    maps.flatMap((task, at) => readTask(task, { ...shared, id: `${index}.${prefix}${at}` }) ?? []);
  const tasks = read(mapsField(map, 'tasks', problems), '');
  const handlers = read(handlerMaps, 'h');

  refuseDuplicates('handler', handlerNames, problems);
  const registered = [...tasks, ...handlers].flatMap(({ task, registerAt }) =>
    task.register !== undefined && registerAt ? [{ name: task.register, position: registerAt }] : [],
  );
  refuseDuplicates('register', registered, problems);
  checkHandlers(
    tasks,
    handlers,
    handlerNames.map((handler) => handler.name),
    problems,
  );
  return {
    index,
    name: name?.text ?? '',
    position: map.position,
    pattern: isImport ? undefined : readPattern(map, problems),
    serial: readSerial(get(map, 'serial'), problems),
    maxFailPercentage: readMaxFail(map, problems),
    declared: variablesField(map, 'play vars', problems),
    tasks,
    handlers,
  };
};
