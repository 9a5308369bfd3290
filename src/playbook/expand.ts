import { ExpressionError } from './expressions/errors.ts';
import { evaluateCondition, hasTemplate, render } from './expressions/render.ts';
import { expressionProblem, hostProblem, paramProblem } from './host-problems.ts';
import { validateParams } from './validate.ts';
import type { Value } from '../inventory/types.ts';
import type { Node, ScalarNode } from '../yaml/document.ts';
import type { Lookup } from './expressions/render.ts';
import type { Late, Lookups, TaskPlace } from './lookups.ts';
import type { Path } from './places.ts';
import type { HostProblem } from './problems.ts';

/** All that binding a task needs beside its place. */
export interface Binding {
  readonly lookups: Lookups;
  readonly isRegistered: (name: string) => boolean;
  /** Names registered by tasks that have not run by then, with their lines. */
  readonly registeredLater: ReadonlyMap<string, number>;
}

/** One turn of a task: an item of its loop, or the task itself. */
export interface Turn {
  readonly item?: Value;
  /** Undefined: not known before the host runs. */
  readonly verdict: boolean | undefined;
  /** Undefined: not needed, because the verdict is false and they have no value. */
  readonly params: Value | undefined;
}

export interface Expansion {
  readonly turns: readonly Turn[];
  readonly problems: readonly HostProblem[];
}

const attempt = <T>(run: () => T, failed: (error: ExpressionError) => void): T | undefined => {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    failed(error);
    return undefined;
  }
};

/** Whether the conditions hold, asked in order up to the first that does not. */
export const verdictOf = (
  place: TaskPlace,
  lookup: Lookup,
  { lookups, registeredLater }: Binding,
): boolean | HostProblem => {
  for (const [index, { text }] of place.task.task.when.entries()) {
    let failure: HostProblem | undefined;
    const node = place.task.conditions[index]!;
    const holds = attempt(
      () => evaluateCondition(text, lookup),
      (error) => (failure = expressionProblem(error, node, place, lookups, registeredLater)),
    );
    if (failure) return failure;
    if (!holds) return false;
  }
  return true;
};

/**
 * Renders a tree of parameters; each text that fails is a problem of its own. `unknown` are the paths of the texts that have
 * no value: those that failed, and those that are late, which stay as they are.
 */
export const renderNode = (
  root: Node,
  lookup: Lookup,
  isLate: (text: string) => boolean,
  failed: (error: ExpressionError, node: ScalarNode) => void,
): { readonly value: Value; readonly unknown: readonly Path[] } => {
  const unknown: Path[] = [];
  const visit = (node: Node, path: Path): Value => {
    if (node.kind === 'sequence') return node.items.map((item, index) => visit(item, [...path, index]));
    if (node.kind === 'map') {
      const map: Record<string, Value> = Object.create(null);
      for (const { key, value } of node.entries) map[key] = visit(value, [...path, key]);
      return map;
    }
    const { value } = node;
    if (typeof value !== 'string' || !hasTemplate(value)) return value;
    if (isLate(value)) {
      unknown.push(path);
      return value;
    }
    const rendered = attempt(
      () => render(value, lookup),
      (error) => {
        unknown.push(path);
        failed(error, node);
      },
    );
    return rendered ?? null;
  };
  return { value: visit(root, []), unknown };
};

/** The loop's items, or the problem with them. */
export const loopItems = (
  place: TaskPlace,
  lookup: Lookup,
  { lookups, registeredLater }: Binding,
): readonly Value[] | HostProblem => {
  const node = place.task.loop!;
  let failure: HostProblem | undefined;
  const value = renderNode(
    node,
    lookup,
    () => false,
    (error, at) => {
      failure ??= expressionProblem(error, at, place, lookups, registeredLater);
    },
  ).value;
  if (failure) return failure;
  if (Array.isArray(value)) return value as readonly Value[];
  const kind = value === null ? 'nothing' : typeof value === 'object' ? 'a map' : `a ${typeof value}`;
  const hint = kind === 'a map' ? 'make it a list with | dict2items' : undefined;
  return hostProblem('wrong-type', `'loop' must be a list, not ${kind}`, node.position, hint, true);
};

export const isProblem = (value: readonly (Value | undefined)[] | HostProblem): value is HostProblem =>
  'ofHost' in value;

/**
 * A task on a host with everything that it needs known: its turns with rendered and validated parameters. A turn whose
 * conditions do not hold needs no parameters, as in Ansible. `isWhenLate`: conditions may fail because they are asked too early.
 */
export const expand = (place: TaskPlace, binding: Binding, scope: Late['scope'], isWhenLate: boolean): Expansion => {
  const { lookups, registeredLater } = binding;
  const { task, params, loop } = place.task;
  const problems: HostProblem[] = [];
  const verdict = (lookup: Lookup): boolean | undefined => {
    const found = verdictOf(place, lookup, binding);
    if (typeof found === 'boolean') return found;
    if (!isWhenLate) problems.push(found);
    return undefined;
  };
  const outer = lookups.taskLookup(place, { scope });
  const items = loop ? loopItems(place, outer, binding) : [undefined];
  if (isProblem(items)) {
    const isSkipped = task.when.length > 0 && verdictOf(place, outer, binding) === false;
    return { turns: [], problems: isSkipped ? [] : [items] };
  }
  const turns = items.map((item): Turn => {
    const lookup = item === undefined ? outer : lookups.taskLookup(place, { scope, item });
    const holds = verdict(lookup);
    const own: HostProblem[] = [];
    const { value, unknown } = renderNode(
      params,
      lookup,
      () => false,
      (error, node) => {
        own.push(expressionProblem(error, node, place, lookups, registeredLater));
      },
    );
    const validated = validateParams(task.module, value, unknown);
    own.push(...validated.problems.map((found) => paramProblem(found, place.task)));
    if (holds !== false) problems.push(...own);
    return {
      ...(item !== undefined && { item }),
      verdict: holds,
      params: own.length === 0 ? validated.params : undefined,
    };
  });
  return { turns, problems };
};
