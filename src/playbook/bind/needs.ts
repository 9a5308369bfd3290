import { factPaths } from '../../contract/facts.ts';
import { nearest } from '../../diagnostics.ts';
import { referencesIn } from '../expressions/references.ts';
import type { Reference } from '../expressions/references.ts';
import type { Bound, Lookup } from '../expressions/render.ts';

export type Need = 'facts' | 'registered';

/** Names that a task can use on a host, beside its lookup. */
export interface Known {
  readonly lookup: Lookup;
  /** Set by an earlier task, or perhaps not: then the variable of that name shows. */
  readonly registered: ReadonlySet<string>;
  /** What a loop sets in each turn, and what the loop itself refers to. */
  readonly loop?: { readonly names: ReadonlySet<string>; readonly references: readonly Reference[] } | undefined;
}

/**
 * Calls `visit` for each name reached from the references: theirs, those of the variables that they use, and so on; not beyond
 * a name that `isEnd` holds for.
 */
export const reach = (
  from: readonly Reference[],
  { lookup, loop }: Known,
  visit: (name: string, bound: Bound | undefined) => void,
  isEnd: (name: string) => boolean = () => false,
): void => {
  const seen = new Set<string>();
  const queue = from.map(({ name }) => name);
  const enqueue = (references: readonly Reference[]): void => {
    for (const { name } of references) queue.push(name);
  };
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const isLoops = loop?.names.has(name) === true;
    const bound = isLoops || isEnd(name) ? undefined : lookup.get(name);
    visit(name, bound);
    if (isLoops) enqueue(loop.references);
    else if (bound?.kind === 'variable') enqueue(referencesIn(bound.value));
  }
};

/** What must be known of the running host before these references have values. */
export const needsOf = (from: readonly Reference[], known: Known): ReadonlySet<Need> => {
  const needs = new Set<Need>();
  reach(from, known, (name) => {
    if (name === 'facts') needs.add('facts');
    else if (known.registered.has(name) && !known.loop?.names.has(name)) needs.add('registered');
  });
  return needs;
};

export type IsLate = (inText: readonly Reference[]) => boolean;

/** Whether a text must wait for the running host, by the names in it. */
export const lateIn =
  (known: Known): IsLate =>
  (inText) =>
    needsOf(inText, known).size > 0;

const facts = Object.keys(factPaths);

/** Why a reference can never have a value on any host, or undefined. For texts that cannot be rendered before the run. */
export const impossible = (
  { name, path, isGuarded }: Reference,
  { lookup, registered, loop }: Known,
): { readonly message: string; readonly hint: string | undefined } | undefined => {
  if (isGuarded) return undefined;
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
  if (registered.has(name) || loop?.names.has(name) || lookup.get(name) !== undefined) return undefined;
  const near = nearest(name, [...registered, ...(loop?.names ?? []), ...lookup.names()]);
  return { message: `'${name}' is undefined`, hint: near === undefined ? undefined : `did you mean '${near}'?` };
};
