import { nearest } from '../../diagnostics.ts';
import { isAnsibleModule, moduleHint } from './ansible-names.ts';
import { parameterForm, valueForm } from './ansible-parameters.ts';
import { choiceField, wrongType } from './fields.ts';
import { checkKeys, handlerKeywords, taskKeywords, unknownKey } from './keywords.ts';
import { variableNameProblem } from './variable-names.ts';
import type { AnyModule } from '../../contract/module.ts';
import type { Position } from '../../diagnostics.ts';
import type { Entry, MapNode } from '../../yaml/document.ts';
import type { Problems } from '../problems.ts';
import type { Surroundings } from './surroundings.ts';

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

/** How a text of `name=value` pairs would be written as a map; pairs that only Ansible's module takes with their own forms. */
const pairForm = (kind: string, pairs: readonly (readonly [name: string, value: string])[]): string => {
  const formOf = ([name, value]: readonly [string, string]) =>
    parameterForm(kind, name) ?? valueForm(kind, name, value);
  const rest = pairs
    .filter((pair) => formOf(pair) === undefined)
    .map(([name, value]) => `${name}: ${value.startsWith('{{') ? `"${value}"` : value}`);
  const forms = pairs.flatMap((pair) => formOf(pair) ?? []);
  return [...new Set([...(rest.length > 0 ? [`write ${kind}: {${rest.join(', ')}}`] : []), ...forms])].join('; ');
};

/** How a free-form text would be written as a map. */
const mapForm = (kind: string, text: string, module: AnyModule): string => {
  const pairs = [...text.matchAll(/(\w+)=("[^"]*"|'[^']*'|(?:\{\{.*?\}\}|\S)+)/g)].map(
    ([, name, value]) => [name!, value!] as const,
  );
  const names = parameterNames(module);
  if (names.includes('argv')) {
    const needsShell = names.includes('shell') && /[|&;<>$`*?'"\\{]/.test(text);
    return needsShell
      ? `write ${kind}: {shell: ${JSON.stringify(text.trim())}}`
      : `write ${kind}: {argv: [${text.trim().split(/\s+/).join(', ')}]}`;
  }
  if (pairs.length > 0) return pairForm(kind, pairs);
  if (names.length === 0) return `write ${kind}: with a map of names and values below it`;
  return `write ${kind}: {${names[0]!}: …}; its parameters are ${names.join(', ')}`;
};

export const parameterNames = (module: AnyModule): readonly string[] => {
  const { properties } = module.params as { readonly properties?: Readonly<Record<string, unknown>> };
  return Object.keys(properties ?? {});
};

/** The parameters without those that Ansible's module of the same name takes and ours does not, which are reported. */
const withoutForeign = (params: MapNode, module: AnyModule, problems: Problems): MapNode => {
  const names = parameterNames(module);
  const entries = params.entries.filter(({ key, keyPosition, value }) => {
    const instead = names.includes(key) ? undefined : parameterForm(module.kind, key);
    if (instead !== undefined)
      problems.error('unknown-parameter', `there is no parameter '${key}'`, keyPosition, instead);
    const word = value.kind === 'scalar' ? String(value.value) : '';
    const better = valueForm(module.kind, key, word);
    if (better !== undefined)
      problems.error('not-allowed', `'${key}' cannot be '${word}' here`, value.position, better);
    return instead === undefined && better === undefined;
  });
  return entries.length === params.entries.length ? params : { ...params, entries };
};

/** The parameters as they are written, and whether none was refused. */
const readParams = (
  { key, keyPosition, value }: Entry,
  module: AnyModule,
  problems: Problems,
): { readonly written: MapNode; readonly isWhole: boolean } => {
  const none: MapNode = { kind: 'map', entries: [], position: keyPosition };
  if (value.kind === 'map') {
    const written = withoutForeign(value, module, problems);
    return { written, isWhole: written === value };
  }
  if (value.kind === 'scalar' && value.value === null) return { written: none, isWhole: true };
  if (value.kind === 'scalar' && typeof value.value === 'string') {
    problems.error(
      'free-form',
      `the parameters of '${key}' are a map of names and values, not a text`,
      value.position,
      mapForm(key, value.value, module),
    );
  } else wrongType(problems, key, 'a map of parameters', value);
  return { written: none, isWhole: false };
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

/** What a task says of its module. */
export interface WrittenModule {
  readonly module: AnyModule;
  /** Where it is named. */
  readonly position: Position;
  /** Without `state`, where that is the engine's word. */
  readonly params: MapNode;
  /** False where some were refused: what is missing then follows from that. */
  readonly isWhole: boolean;
  readonly absent: boolean;
  readonly learned: readonly string[];
}

/** The module of a task with its parameters; undefined where it has none that can be used. Everything wrong is reported. */
export const readModule = (map: MapNode, around: Surroundings): WrittenModule | undefined => {
  const { problems } = around.reading;
  const found = findModule(map, around);
  if (!found) return undefined;
  const { module, entry } = found;
  const { written, isWhole } = readParams(entry, module, problems);
  const absent = readAbsent(written, module, problems);
  const params = module.removable
    ? { ...written, entries: written.entries.filter(({ key }) => key !== 'state') }
    : written;
  const learned = readLearned(written, module, problems);
  return { module, position: entry.keyPosition, params, isWhole, absent, learned };
};
