import { get, toValue } from '../yaml/document.ts';
import { nearest } from '../diagnostics.ts';
import { booleanField, choiceField, textField, variablesField, wordsField, wrongType } from './fields.ts';
import { checkKeys, taskKeywords, unknownKey } from './keywords.ts';
import { variableNameProblem } from './variable-names.ts';
import type { AnyModule } from '../contract/module.ts';
import type { Position } from '../diagnostics.ts';
import type { Entry, MapNode, ScalarNode } from '../yaml/document.ts';
import type { TaskDefinition } from './definitions.ts';
import type { Problems } from './problems.ts';

/** What a task takes from its play and the command line. */
export interface TaskSetting {
  readonly id: string;
  readonly modules: ReadonlyMap<string, AnyModule>;
  readonly tags: readonly string[];
  readonly become: boolean;
  readonly becomeUser: string;
  readonly problems: Problems;
}

const suggestModule = (key: string, modules: ReadonlyMap<string, AnyModule>): string | undefined => {
  const last = key.slice(key.lastIndexOf('.') + 1);
  if (last !== key && modules.has(last)) return `write ${last}: modules have one word here`;
  const near = nearest(last, modules.keys());
  return near === undefined ? undefined : `did you mean '${near}'?`;
};

/** The task's module among the keys that are no keywords; reports none, several and unknown ones. */
const findModule = (
  map: MapNode,
  { modules, problems }: TaskSetting,
): { module: AnyModule; entry: Entry } | undefined => {
  const others = checkKeys(map, taskKeywords, problems);
  const [first, ...more] = others.filter(({ key }) => modules.has(key));
  for (const { key, keyPosition } of more)
    problems.error(
      'two-modules',
      `a task has one module; this one has '${first!.key}' already`,
      keyPosition,
      `make '${key}' a task of its own`,
    );
  for (const { key, keyPosition } of others.filter((entry) => !modules.has(entry.key))) {
    const nearKeyword = nearest(key, taskKeywords.known);
    if (first || (nearKeyword !== undefined && suggestModule(key, modules) === undefined)) {
      const { message, hint } = unknownKey('task', key, [...taskKeywords.known, ...modules.keys()]);
      problems.error('unknown-key', message, keyPosition, hint);
    } else problems.error('unknown-module', `there is no module '${key}'`, keyPosition, suggestModule(key, modules));
  }
  if (!first && others.length === 0 && !map.entries.some(({ key }) => !taskKeywords.known.has(key)))
    problems.error(
      'no-module',
      'a task needs a module: what should be true',
      map.position,
      `one of ${[...modules.keys()].join(', ')}`,
    );
  return first && { module: modules.get(first.key)!, entry: first };
};

/** How a free-form text would be written as a map. */
const mapForm = (kind: string, text: string, module: AnyModule): string => {
  const pairs = [...text.matchAll(/(\w+)=("[^"]*"|'[^']*'|\S+)/g)];
  if (pairs.length > 0) return `write ${kind}: {${pairs.map(([, key, value]) => `${key}: ${value}`).join(', ')}}`;
  const names = parameterNames(module);
  if (names.includes('argv')) return `write ${kind}: {argv: [${text.split(/\s+/).join(', ')}]}`;
  return `write ${kind}: {${names[0] ?? 'name'}: …}; its parameters are ${names.join(', ')}`;
};

export const parameterNames = (module: AnyModule): readonly string[] => {
  const { properties } = module.params as { readonly properties?: Readonly<Record<string, unknown>> };
  return Object.keys(properties ?? {});
};

const readParams = ({ key, keyPosition, value }: Entry, module: AnyModule, problems: Problems): MapNode => {
  const none: MapNode = { kind: 'map', entries: [], position: keyPosition };
  if (value.kind === 'map') return value;
  if (value.kind === 'scalar' && value.value === null) return none;
  if (value.kind === 'scalar' && typeof value.value === 'string') {
    const hint = value.value.includes('{{')
      ? 'name each parameter and give it a template'
      : mapForm(key, value.value, module);
    problems.error(
      'free-form',
      `the parameters of '${key}' are a map of names and values, not a text`,
      value.position,
      hint,
    );
  } else wrongType(problems, key, 'a map of parameters', value);
  return none;
};

/** `state` of a module whose settings can be taken back; the engine's word, not the module's. */
const readAbsent = (params: MapNode, module: AnyModule, problems: Problems): boolean =>
  module.removable && choiceField(params, 'state', ['present', 'absent'], problems) === 'absent';

const readWhen = (map: MapNode, problems: Problems): readonly ScalarNode[] => {
  const node = get(map, 'when');
  if (!node) return [];
  return (node.kind === 'sequence' ? node.items : [node]).filter((item): item is ScalarNode => {
    const isCondition = item.kind === 'scalar' && item.value !== null;
    if (!isCondition) wrongType(problems, 'when', 'a condition or a list of conditions', item);
    return isCondition;
  });
};

const readRegister = (map: MapNode, problems: Problems): { text: string; position: Position } | undefined => {
  const field = textField(map, 'register', problems);
  const wrong = field && variableNameProblem(field.text);
  if (wrong !== undefined) problems.error('bad-name', wrong, field!.position);
  return wrong === undefined ? field : undefined;
};

/** A condition's text as an expression: YAML's booleans and numbers say what they say. */
const conditionText = ({ value, source }: ScalarNode): string => (typeof value === 'boolean' ? String(value) : source);

/** A task or handler from its map; undefined where it has no usable module. Everything wrong goes to `problems`. */
export const readTask = (map: MapNode, setting: TaskSetting): TaskDefinition | undefined => {
  const { problems } = setting;
  const found = findModule(map, setting);
  const name = textField(map, 'name', problems);
  const conditions = readWhen(map, problems);
  const register = readRegister(map, problems);
  const notify = wordsField(map, 'notify', problems);
  const tags = wordsField(map, 'tags', problems, ',').map(({ text }) => text);
  const become = booleanField(map, 'become', problems);
  const becomeUser = textField(map, 'become_user', problems);
  const ignoreErrors = booleanField(map, 'ignore_errors', problems);
  const noLog = booleanField(map, 'no_log', problems);
  const unsupported = choiceField(map, 'unsupported', ['fail', 'warn', 'skip'], problems);
  const apply = choiceField(map, 'apply', ['both', 'running', 'boot'], problems);
  const declared = variablesField(map, 'task vars', problems);
  const loop = get(map, 'loop');
  if (
    loop &&
    loop.kind !== 'sequence' &&
    !(loop.kind === 'scalar' && typeof loop.value === 'string' && loop.value.includes('{{'))
  )
    wrongType(problems, 'loop', 'a list, or a template of a list', loop);
  if (!found) return undefined;

  const { module, entry } = found;
  const written = readParams(entry, module, problems);
  const absent = readAbsent(written, module, problems);
  const params = module.removable
    ? { ...written, entries: written.entries.filter(({ key }) => key !== 'state') }
    : written;
  return {
    task: {
      id: setting.id,
      name: name?.text ?? module.kind,
      position: entry.keyPosition,
      module,
      params: { source: toValue(params), position: params.position },
      when: conditions.map((node) => ({ text: conditionText(node), position: node.position })),
      ...(loop && { loop: { source: toValue(loop), position: loop.position } }),
      ...(register && { register: register.text }),
      notify: notify.map(({ text }) => text),
      tags: [...new Set([...setting.tags, ...tags])],
      become: become ?? setting.become,
      becomeUser: becomeUser?.text ?? setting.becomeUser,
      ignoreErrors: ignoreErrors ?? false,
      noLog: noLog ?? false,
      unsupported: unsupported ?? 'fail',
      apply: apply ?? 'both',
      absent,
    },
    name: get(map, 'name'),
    params,
    moduleAt: entry.keyPosition,
    conditions,
    loop,
    declared,
    notify,
    registerAt: register?.position,
  };
};
