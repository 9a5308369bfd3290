import { evaluateCondition } from '../expressions/render.ts';
import { renderAround } from './around.ts';
import { turnNames } from './binding.ts';
import { expressionProblem, hostProblem, nodeSource } from './host-problems.ts';
import { renderParams } from './params.ts';
import { attempt, renderNode } from './render-node.ts';
import { referencesOf, textsOf } from './texts.ts';
import type { Value } from '../../inventory/types.ts';
import type { Around } from './around.ts';
import type { Binding } from './binding.ts';
import type { TaskDefinition } from '../definitions.ts';
import type { Lookup } from '../expressions/render.ts';
import type { TaskPlace, TurnNames } from './lookups.ts';
import type { IsLate } from './needs.ts';
import type { HostProblem } from '../problems.ts';
import type { Rendering } from './render-node.ts';
import type { Scope } from '../types.ts';

/** One turn of a task: an item of its loop, or the task itself. */
export interface Turn {
  readonly item?: Value;
  readonly names: TurnNames;
  /** Undefined: not known before the host runs. */
  readonly verdict: boolean | undefined;
  /** Undefined: not needed, because the verdict is false and they have no value. */
  readonly work: Work | undefined;
}

/** What is to be done in a turn. */
export interface Work extends Around {
  readonly params: Value;
}

export interface Expansion {
  readonly turns: readonly Turn[];
  readonly problems: readonly HostProblem[];
}

/**
 * Whether the conditions hold, asked in order up to the first that does not; undefined where that hangs on one that is late.
 */
export const verdictOf = (
  place: TaskPlace,
  lookup: Lookup,
  binding: Binding,
  isLate?: IsLate,
): boolean | undefined | HostProblem => {
  let isOpen = false;
  for (const text of textsOf(place.task).conditions) {
    if (isLate?.(referencesOf(text))) {
      isOpen = true;
      continue;
    }
    let failure: HostProblem | undefined;
    const holds = attempt(
      () => evaluateCondition(text.text, lookup),
      (error) => (failure = expressionProblem(error, nodeSource(text.node), place, binding)),
    );
    if (failure) return isOpen ? undefined : failure;
    if (!holds) return false;
  }
  return isOpen ? undefined : true;
};

/** The loop's items, or the problem with them. */
export const loopItems = (place: TaskPlace, lookup: Lookup, binding: Binding): readonly Value[] | HostProblem => {
  const node = place.task.loop!;
  let failure: HostProblem | undefined;
  const { value } = renderNode(node, {
    lookup,
    failed: (error, at) => {
      failure ??= expressionProblem(error, nodeSource(at), place, binding);
    },
  });
  if (failure) return failure;
  if (Array.isArray(value)) return value as readonly Value[];
  const kind = value === null ? 'nothing' : typeof value === 'object' ? 'a map' : `a ${typeof value}`;
  const hint = kind === 'a map' ? 'make it a list with | dict2items' : undefined;
  return hostProblem('wrong-type', `'loop' must be a list, not ${kind}`, node.position, hint, true);
};

export const isProblem = <T>(value: T | HostProblem): value is HostProblem =>
  typeof value === 'object' && value !== null && 'ofHost' in value;

/** What a turn comes to, as far as it is known; `work`: undefined where something is wrong or not known yet. */
export const renderTurn = (
  place: TaskPlace,
  binding: Binding,
  rendering: Pick<Rendering, 'lookup' | 'isLate'>,
  item: Value | undefined,
): { readonly work: Work | undefined; readonly problems: readonly HostProblem[] } => {
  const { params, problems } = renderParams(place, binding, rendering);
  const beside = renderAround(place, binding, rendering, item);
  const all = [...problems, ...beside.problems];
  const isWhole = params !== undefined && all.length === 0;
  return { work: isWhole ? { ...beside.around, params } : undefined, problems: all };
};

/** Names that a task learns, beside its register. */
export const learnedNames = ({ task }: TaskDefinition): readonly string[] =>
  task.sets.filter((name) => name !== task.register);

/** What the turns of a loop have learned after one more: the next sees it. A module learns what its parameters say. */
const withLearned = (
  definition: TaskDefinition,
  { verdict, work }: Turn,
  before: ReadonlyMap<string, Value> | undefined,
): ReadonlyMap<string, Value> | undefined => {
  const names = learnedNames(definition);
  if (names.length === 0 || !verdict || !work) return before;
  const params = work.params as Readonly<Record<string, Value>>;
  const learned = names.flatMap((name) => (Object.hasOwn(params, name) ? [[name, params[name]!] as const] : []));
  return new Map([...(before ?? []), ...learned]);
};

/** When a task is expanded, and what is known by then. */
export interface Moment {
  readonly scope?: Scope;
  /** Whether a condition cannot be asked yet. */
  readonly isLate?: IsLate;
  /** Conditions that fail will be asked again. */
  readonly isEarly?: boolean;
}

/**
 * A task on a host with everything known that its parameters need: its turns, rendered and validated. A turn whose conditions
 * do not hold needs no parameters, as in Ansible.
 */
export const expand = (place: TaskPlace, binding: Binding, { scope, isLate, isEarly }: Moment): Expansion => {
  const { lookups } = binding;
  const { loop } = place.task;
  const problems: HostProblem[] = [];
  const verdict = (lookup: Lookup): boolean | undefined => {
    const found = verdictOf(place, lookup, binding, isLate);
    if (!isProblem(found)) return found;
    if (!isEarly) problems.push(found);
    return undefined;
  };
  const turn = (item: Value | undefined, names: TurnNames): Turn => {
    const lookup = lookups.taskLookup(place, { scope, ...names });
    const holds = verdict(lookup);
    const { work, problems: found } = renderTurn(place, binding, { lookup }, item);
    if (holds !== false) problems.push(...found);
    return { ...(item !== undefined && { item }), names, verdict: holds, work };
  };
  if (!loop) return { turns: [turn(undefined, {})], problems };

  const outer = lookups.taskLookup(place, { scope });
  const items = loopItems(place, outer, binding);
  if (isProblem(items))
    return { turns: [], problems: verdictOf(place, outer, binding, isLate) === false ? [] : [items] };
  let learned: ReadonlyMap<string, Value> | undefined;
  const turns = items.map((item, index) => {
    const made = turn(item, { own: turnNames(place.task, item, index), learned });
    learned = withLearned(place.task, made, learned);
    return made;
  });
  return { turns, problems };
};
