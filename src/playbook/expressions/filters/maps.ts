import { badValue, defined, elements, isList, isMap, isSomeMap, mapOf, member, tupleOf, typeName } from '../data.ts';
import { createSeen } from '../identity.ts';
import { plainMap, text } from '../spelling.ts';
import { filter, mapFrom, sortBy } from './filter.ts';
import type { Datum, DatumMap } from '../data.ts';
import type { Budget } from '../budget.ts';
import type { NamedFilter } from './filter.ts';

/** What becomes of two lists under one key, the left one the weaker. */
type ListMerge = (left: readonly Datum[], right: readonly Datum[], budget: Budget) => readonly Datum[];
const listMerges: ReadonlyMap<string, ListMerge> = new Map<string, ListMerge>([
  ['replace', (_, right) => right],
  ['keep', (left) => left],
  ['append', (left, right) => [...left, ...right]],
  ['prepend', (left, right) => [...right, ...left]],
  ['append_rp', (left, right, budget) => [...without(left, right, budget), ...right]],
  ['prepend_rp', (left, right, budget) => [...right, ...without(left, right, budget)]],
]);
const without = (list: readonly Datum[], others: readonly Datum[], budget: Budget): readonly Datum[] => {
  const seen = createSeen(budget, others);
  return list.filter((item) => !seen.has(item));
};

interface Merging {
  readonly isDeep: boolean;
  readonly lists: ListMerge;
  readonly budget: Budget;
}

/** Keys of the right win. Rule: Ansible's utils/vars.py, merge_hash. */
const merge = (left: DatumMap, right: DatumMap, how: Merging): DatumMap => {
  const { isDeep, lists, budget } = how;
  const [leftKeys, rightKeys] = [Object.keys(left), Object.keys(right)];
  budget.spend(leftKeys.length + rightKeys.length);
  const merged = new Map<string, Datum>(leftKeys.map((key) => [key, left[key]!]));
  const both = (old: Datum, value: Datum): Datum => {
    if (isMap(old) && isMap(value)) return isDeep ? merge(old, value, how) : value;
    if (!isList(old) || !isList(value)) return value;
    budget.spend(old.length + value.length);
    return lists(old, value, budget);
  };
  for (const key of rightKeys) merged.set(key, merged.has(key) ? both(merged.get(key)!, right[key]!) : right[key]!);
  return mapOf(merged);
};

const combine = filter('*', (value, given, { budget }) => {
  const foreign = [...given.more.keys()].find((name) => name !== 'recursive' && name !== 'list_merge');
  if (foreign !== undefined)
    throw badValue(`combine has no argument '${foreign}'; it takes maps, recursive and list_merge`);
  const name = text(given.more.get('list_merge') ?? 'replace', budget);
  const lists = listMerges.get(name);
  if (!lists) throw badValue(`'${name}' is no way to merge lists`, `there are ${[...listMerges.keys()].join(', ')}`);
  const how: Merging = { isDeep: given.more.get('recursive') === true, lists, budget };
  const maps = [value, ...given.rest]
    .flatMap((argument) => (isList(argument) ? argument : [argument]))
    .map((argument) => mapFrom(argument, 'combine'));
  // From the strongest down, as Ansible does it.
  return maps.length === 0 ? mapOf([]) : maps.reduceRight((stronger, weaker) => merge(weaker, stronger, how));
});

const dictsort = filter('case_sensitive? by? reverse?', (value, given, tools) => {
  const by = given.text('by', 'key');
  if (by !== 'key' && by !== 'value') throw badValue(`dictsort sorts by key or value, not by '${by}'`);
  const fold = (part: Datum): Datum =>
    typeof part === 'string' && !given.flag('case_sensitive') ? part.toLowerCase() : part;
  const entries = Object.entries(mapFrom(value, 'dictsort'));
  return sortBy(entries, (entry) => fold(entry[by === 'key' ? 0 : 1]), given.flag('reverse'), tools).map((entry) =>
    tupleOf(entry),
  );
});

/** A map of maps, or a list of maps, under the value of one of their keys. */
const rekey = filter('key duplicates?', (value, given, { budget }) => {
  const duplicates = given.text('duplicates', 'error');
  if (duplicates !== 'error' && duplicates !== 'overwrite')
    throw badValue(`duplicates are an 'error' or 'overwrite', not '${duplicates}'`);
  const items = isSomeMap(value) ? Object.values(plainMap(value)) : elements(value, budget);
  const rekeyed = new Map<string, Datum>();
  for (const item of items) {
    const key = text(defined(member(mapFrom(item, 'rekey_on_member'), given.get('key'))), budget);
    if (duplicates === 'error' && rekeyed.has(key)) throw badValue(`the key '${key}' stands twice`);
    rekeyed.set(key, item);
  }
  return mapOf(rekeyed);
});

/** Filters of maps. */
export const mapFilters: readonly NamedFilter[] = [
  [
    'dict2items',
    filter('key_name? value_name?', (value, given) =>
      Object.entries(mapFrom(value, 'dict2items')).map(([key, item]) =>
        mapOf([
          [given.text('key_name', 'key'), key],
          [given.text('value_name', 'value'), item],
        ]),
      ),
    ),
  ],
  [
    'items2dict',
    filter('key_name? value_name?', (value, given, { budget }) => {
      if (!isList(value)) throw badValue(`items2dict works on lists of maps, not on ${typeName(value)}`);
      return mapOf(
        elements(value, budget).map((item) => [
          text(member(item, given.has('key_name') ? given.get('key_name') : 'key'), budget),
          defined(member(item, given.has('value_name') ? given.get('value_name') : 'value')),
        ]),
      );
    }),
  ],
  ['items', filter('', (value) => Object.entries(mapFrom(value, 'items')).map((entry) => tupleOf(entry)))],
  ['combine', combine],
  ['dictsort', dictsort],
  ['rekey_on_member', rekey],
];
