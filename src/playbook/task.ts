import { get, toValue } from '../yaml/document.ts';
import { nearest } from '../diagnostics.ts';
import { isAnsibleModule, moduleHint } from './ansible-names.ts';
import { choiceField, conditionsField, numberField, textField, variablesField, wordsField, wrongType } from './fields.ts';
import { environmentOf, handDown, withVariables } from './inherited.ts';
import { checkKeys, handlerKeywords, taskKeywords, unknownKey } from './keywords.ts';
import { readLoopControl } from './loop-control.ts';
import { conditionText } from './texts.ts';
import { variableNameProblem } from './variable-names.ts';
import type { AnyModule } from '../contract/module.ts';
import type { Entry, MapNode, Node, ScalarNode } from '../yaml/document.ts';
import type { TaskDraft, Surroundings } from './surroundings.ts';
import type { Word } from './fields.ts';
import type { Problems } from './problems.ts';
import type { Condition, Template } from './types.ts';

/** The task's module among the keys that are no keywords; reports none, several and unknown ones. */
const findModule = (
  map: MapNode,
  { reading: { modules, problems }, section }: Surroundings,
): { readonly module: AnyModule; readonly entry: Entry } | undefined => {
  const keywords = section === 'handlers' ? handlerKeywords : taskKeywords;
  const others = checkKeys(map, keywords, problems);
  const [first, ...more] = others.filter(({ key }) => modules.has(key));
  for (const { key, keyPosition } of more)
    problems.error(
      'two-modules',
      `a task has one module; this one has '${first!.key}' already`,
      keyPosition,
      `make '${key}' a task of its own`,
    );
  for (const { key, keyPosition } of others.filter((entry) => !modules.has(entry.key))) {
    const nearKeyword = isAnsibleModule(key) ? undefined : nearest(key, keywords.known);
    const hint = moduleHint(key, modules.keys());
    if (first || (nearKeyword !== undefined && hint === undefined)) {
      const unknown = unknownKey(keywords.what, key, [...keywords.known, ...modules.keys()]);
      problems.error('unknown-key', unknown.message, keyPosition, unknown.hint);
    } else problems.error('unknown-module', `there is no module '${key}'`, keyPosition, hint);
  }
  if (!first && others.length === 0 && !map.entries.some(({ key }) => !keywords.known.has(key)))
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

/** Variables that the module sets for later tasks. */
const readLearned = (params: MapNode, { learns }: AnyModule, problems: Problems): readonly string[] => {
  const learned = learns?.(params.entries.map(({ key }) => key)) ?? [];
  for (const { key, keyPosition } of params.entries.filter((entry) => learned.includes(entry.key))) {
    const wrong = variableNameProblem(key);
    if (wrong !== undefined) problems.error('bad-name', wrong, keyPosition);
  }
  return learned;
};

const readRegister = (map: MapNode, problems: Problems): Word | undefined => {
  const field = textField(map, 'register', problems);
  const wrong = field && variableNameProblem(field.text);
  if (wrong !== undefined) problems.error('bad-name', wrong, field!.position);
  return wrong === undefined ? field : undefined;
};

const readLoop = (map: MapNode, problems: Problems): Node | undefined => {
  const loop = get(map, 'loop');
  const isTemplate = loop?.kind === 'scalar' && typeof loop.value === 'string' && loop.value.includes('{{');
  if (loop && loop.kind !== 'sequence' && !isTemplate) wrongType(problems, 'loop', 'a list, or a template of a list', loop);
  return loop;
};

/** Where trying again can help: with modules that act. All others are read back and corrected anyway. */
const acting = ['command', 'wait_for'];

const readTries = (map: MapNode, kind: string | undefined, problems: Problems) => {
  const until = conditionsField(map, 'until', problems);
  const at = (key: string) => map.entries.find((entry) => entry.key === key)?.keyPosition;
  if (until.length > 0 && kind !== undefined && !acting.includes(kind))
    problems.error(
      'not-supported',
      `'until' tries again what acts: ${acting.join(' and ')}, not '${kind}'`,
      at('until'),
      `'${kind}' is done until the host is as it says; register a command and try that again`,
    );
  for (const key of ['retries', 'delay'])
    if (get(map, key) && !get(map, 'until'))
      problems.error('missing-key', `'${key}' needs 'until': the condition that ends the tries`, at(key));
  const retries = numberField(map, 'retries', 0, problems);
  return { until, retries: retries ?? 3, delay: numberField(map, 'delay', 0, problems) ?? 5 };
};

const conditionOf = (node: ScalarNode): Condition => ({ text: conditionText(node), position: node.position });
const templateOf = (node: Node): Template => ({ source: toValue(node), position: node.position });

/** A task or handler from its map; undefined where it has no usable module. Everything wrong goes to the problems. */
export const readTask = (map: MapNode, around: Surroundings): TaskDraft | undefined => {
  const { reading, role, section } = around;
  const { problems } = reading;
  const found = findModule(map, around);
  const name = textField(map, 'name', problems);
  const register = readRegister(map, problems);
  const listen = section === 'handlers' ? wordsField(map, 'listen', problems).map(({ text }) => text) : [];
  const loop = readLoop(map, problems);
  const { variable, index, label } = readLoopControl(map, problems);
  const changed = conditionsField(map, 'changed_when', problems);
  const failed = conditionsField(map, 'failed_when', problems);
  const { until, retries, delay } = readTries(map, found?.module.kind, problems);
  const own = withVariables(handDown(map, around.inherited, problems), variablesField(map, 'task vars', problems));
  if (!found) return undefined;

  const { module, entry } = found;
  const written = readParams(entry, module, problems);
  const absent = readAbsent(written, module, problems);
  const learned = readLearned(written, module, problems);
  const params = module.removable
    ? { ...written, entries: written.entries.filter(({ key }) => key !== 'state') }
    : written;
  const environment = environmentOf(own.environment);
  return ({ id, variables, defaults }) => ({
    task: {
      id,
      name: name?.text ?? module.kind,
      position: entry.keyPosition,
      ...(role && { role: role.name }),
      module,
      params: templateOf(params),
      when: own.conditions.map(conditionOf),
      ...(loop && { loop: templateOf(loop) }),
      loopControl: { variable, ...(index !== undefined && { index }), ...(label && { label: templateOf(label) }) },
      ...(register && { register: register.text }),
      sets: [...(register ? [register.text] : []), ...learned],
      notify: own.notify.map(({ text }) => text),
      listen,
      ...(changed.length > 0 && { changedWhen: changed.map(conditionOf) }),
      ...(failed.length > 0 && { failedWhen: failed.map(conditionOf) }),
      ...(until.length > 0 && { until: until.map(conditionOf) }),
      retries,
      delay,
      ...(own.timeout !== undefined && { timeout: own.timeout }),
      ...(environment && { environment: templateOf(environment) }),
      ...(own.delegateTo && { delegateTo: templateOf(own.delegateTo) }),
      runOnce: own.runOnce,
      tags: own.tags,
      become: own.become,
      becomeUser: own.becomeUser,
      ignoreErrors: own.ignoreErrors,
      ignoreUnreachable: own.ignoreUnreachable,
      anyErrorsFatal: own.anyErrorsFatal,
      noLog: own.noLog,
      unsupported: own.unsupported,
      apply: own.apply,
      absent,
    },
    name: get(map, 'name'),
    params,
    moduleAt: entry.keyPosition,
    conditions: own.conditions,
    judgements: { changed, failed, until },
    loop,
    label,
    environment,
    delegateTo: own.delegateTo,
    variables: [...(role?.parameters ?? []), ...own.variables, ...(role?.variables ?? []), ...variables],
    defaults: [...(role?.defaults ?? []), ...defaults],
    folders: around.folders,
    role: role && { name: role.name, folder: role.folder },
    turn: around.turn,
    isRescue: around.isRescue,
    notify: own.notify,
    registerAt: register?.position,
  });
};
