import type { StoreEdits } from '../store.ts';

/** One group of arguments that perfplay keeps: the words to add, or none to take the group away. */
export interface KeptArgument {
  readonly value: string | null;
  /** Recovery entries get it too. */
  readonly recovery: boolean;
}
export type KeptArguments = ReadonlyMap<string, KeptArgument>;

const line = (group: string, { value, recovery }: KeptArgument): string =>
  value === null ? `# perfplay drop ${group}` : `# perfplay ${recovery ? 'set-all' : 'set'} ${group} ${value}`;

/** The arguments that a file of ours keeps. */
export const parseKept = (text: string | null): KeptArguments =>
  new Map(
    (text ?? '').split('\n').flatMap((one): [string, KeptArgument][] => {
      const match = /^# perfplay (set|set-all|drop) (\S+)(?: (.*))?$/.exec(one);
      if (!match) return [];
      const [, verb, group, value = ''] = match;
      return [[group!, { value: verb === 'drop' ? null : value, recovery: verb === 'set-all' }]];
    }),
  );

/** The lines from which the next run reads them. */
export const dataLines = (kept: KeptArguments): readonly string[] =>
  [...kept].map(([group, entry]) => line(group, entry));

export const withEdits = (kept: KeptArguments, edits: StoreEdits): KeptArguments => {
  const result = new Map(kept);
  for (const [group, entry] of edits) {
    if (entry === undefined) result.delete(group);
    else result.set(group, { value: entry.value, recovery: entry.recovery ?? false });
  }
  return result;
};

/** What a place says of the same groups that gets only those for which `isMeant` holds: the others shall not stand there. */
export const onlyWhere = (kept: KeptArguments, isMeant: (entry: KeptArgument) => boolean): KeptArguments =>
  new Map([...kept].map(([group, entry]) => [group, isMeant(entry) ? entry : { ...entry, value: null }]));
