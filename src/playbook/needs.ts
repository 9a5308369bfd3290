import { factPaths } from '../contract/facts.ts';
import { nearest } from '../diagnostics.ts';
import { referencesIn } from './expressions/references.ts';
import type { Value } from '../inventory/types.ts';
import type { Reference } from './expressions/references.ts';
import type { Lookup } from './expressions/render.ts';

export type Need = 'facts' | 'registered';

/** Names that a task can use on a host, beside its lookup: what earlier tasks register, and whether it loops. */
export interface Known {
  readonly lookup: Lookup;
  /** Registered by an earlier task, and not overridden by `-e`. */
  readonly isRegistered: (name: string) => boolean;
}

/** Calls `visit` for each name reached from the references: theirs, those of the variables that they use, and so on. */
export const reach = (
  from: readonly Reference[],
  { lookup, isRegistered }: Known,
  visit: (name: string, value: Value | undefined) => void,
): void => {
  const seen = new Set<string>();
  const queue = from.map(({ name }) => name);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const bound = isRegistered(name) ? undefined : lookup.get(name);
    const value = bound?.kind === 'hosts' ? undefined : bound?.value;
    visit(name, value);
    if (bound?.kind === 'variable') queue.push(...referencesIn(bound.value).map((reference) => reference.name));
  }
};

/** What must be known of the running host before these references have values. */
export const needsOf = (from: readonly Reference[], known: Known): ReadonlySet<Need> => {
  const needs = new Set<Need>();
  reach(from, known, (name) => {
    if (name === 'facts') needs.add('facts');
    else if (known.isRegistered(name)) needs.add('registered');
  });
  return needs;
};

const facts = Object.keys(factPaths);

/** Why a reference can never have a value on any host, or undefined. For texts that cannot be rendered before the run. */
export const impossible = (
  reference: Reference,
  isNamed: (name: string) => boolean,
  names: () => Iterable<string>,
): { message: string; hint: string | undefined } | undefined => {
  const { name, path } = reference;
  if (reference.isGuarded) return undefined;
  if (name === 'facts') {
    const wanted = path.join('.');
    const isFact = facts.some(
      (fact) => wanted === '' || fact === wanted || fact.startsWith(`${wanted}.`) || wanted.startsWith(`${fact}.`),
    );
    if (isFact) return undefined;
    const near = nearest(wanted, facts);
    return {
      message: `there is no fact '${wanted}'`,
      hint: near === undefined ? `facts are ${facts.join(', ')}` : `did you mean '${near}'?`,
    };
  }
  if (isNamed(name)) return undefined;
  const near = nearest(name, names());
  return { message: `'${name}' is undefined`, hint: near === undefined ? undefined : `did you mean '${near}'?` };
};
