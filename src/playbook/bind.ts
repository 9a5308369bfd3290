import { InputError } from '../diagnostics.ts';
import { ExpressionError } from './expressions/errors.ts';
import { conditionReferences, referencesIn } from './expressions/references.ts';
import { hasTemplate, render } from './expressions/render.ts';
import { createEarlyChecks } from './early.ts';
import { expand, verdictOf } from './expand.ts';
import { nameHosts } from './problems.ts';
import { needsOf, reach } from './needs.ts';
import type { Value } from '../inventory/types.ts';
import type { TaskReferences } from './early.ts';
import type { Binding, Turn } from './expand.ts';
import type { Lookups, TaskPlace } from './lookups.ts';
import type { Known, Need } from './needs.ts';
import type { HostProblem } from './problems.ts';
import type { HostTask, Item, Scope } from './types.ts';

/** A task on all hosts for which the names that it reaches have the same values. */
interface Bound {
  readonly needs: HostTask['needs'];
  readonly problems: readonly HostProblem[];
  /** Undefined where parameters must wait for the host. */
  readonly turns: readonly Turn[] | undefined;
}

/** What is registered when a task runs. */
export interface Registers {
  readonly before: ReadonlySet<string>;
  readonly later: ReadonlyMap<string, number>;
}

/** Equal values have equal numbers. */
const createIds = (): ((value: Value | undefined) => string) => {
  const objects = new WeakMap<object, number>();
  const texts = new Map<string, number>();
  return (value) => {
    if (typeof value !== 'object' || value === null) return `${typeof value}${String(value)}`;
    const known = objects.get(value);
    if (known !== undefined) return `#${known}`;
    const text = JSON.stringify(value);
    const id = texts.get(text) ?? texts.size;
    texts.set(text, id);
    objects.set(value, id);
    return `#${id}`;
  };
};

const labelOf = (item: Value): string => (typeof item === 'string' ? item : JSON.stringify(item));

const asInputError = (problems: readonly HostProblem[], host: string): InputError =>
  new InputError(
    problems.map(({ ofHost, ...diagnostic }) =>
      ofHost ? { ...diagnostic, message: `${diagnostic.message} on ${nameHosts([host])}` } : diagnostic,
    ),
  );

/**
 * Binds tasks to hosts. Rendering and validation are done once for all hosts on which a task's names have the same values.
 * `registers` gives what is registered when a task runs.
 */
export const createBinder = (
  lookups: Lookups,
  registers: (place: TaskPlace) => Registers,
  isExtra: (name: string) => boolean,
) => {
  const idOf = createIds();
  const caches = new WeakMap<TaskPlace['task'], Map<string, Bound>>();

  const bindingOf = (place: TaskPlace): Binding => {
    const { before, later } = registers(place);
    return { lookups, isRegistered: (name) => before.has(name) && !isExtra(name), registeredLater: later };
  };

  /** All that a task's texts refer to. */
  const referencesOf = ({ task: { task } }: TaskPlace): TaskReferences => {
    const loop = task.loop ? referencesIn(task.loop.source) : [];
    const conditions = task.when.map(({ text }) => conditionReferences(text));
    return { params: [...referencesIn(task.params.source), ...loop], loop, conditions };
  };

  const keyOf = (place: TaskPlace, known: Known, found: TaskReferences): string => {
    const parts: string[] = [];
    reach([...found.params, ...found.conditions.flat()], known, (name, value) => {
      const origin = value !== undefined && hasTemplate(value) ? lookups.variableOf(place, name)?.position : undefined;
      parts.push(`${name}=${idOf(value)}${origin ? `@${origin.file}:${origin.line}:${origin.column}` : ''}`);
    });
    return parts.join('\n');
  };

  const compute = (place: TaskPlace, binding: Binding, known: Known, found: TaskReferences): Bound => {
    const inConditions = found.conditions.flat();
    const usesItem = inConditions.some(({ name }) => name === 'item');
    const needs: { params: ReadonlySet<Need>; when: ReadonlySet<Need> } = {
      params: needsOf(found.params, known),
      when: needsOf(usesItem ? [...inConditions, ...found.loop] : inConditions, known),
    };
    const early = createEarlyChecks(place, binding, known, found);
    if (needs.params.size === 0) {
      const { turns, problems } = expand(place, binding, undefined, needs.when.size > 0);
      const isOpen = turns.some(({ verdict }) => verdict === undefined);
      return { needs, turns, problems: isOpen ? [...problems, ...early.checkConditions()] : problems };
    }
    // False whatever the host says: an earlier one of the conditions does not hold.
    const isSkipped = !usesItem && verdictOf(place, known.lookup, binding) === false;
    return { needs, turns: undefined, problems: isSkipped ? [] : [...early.checkConditions(), ...early.checkParams()] };
  };

  const bound = (place: TaskPlace): { readonly bound: Bound; readonly binding: Binding } => {
    const binding = bindingOf(place);
    const known: Known = { lookup: lookups.taskLookup(place), isRegistered: binding.isRegistered };
    const found = referencesOf(place);
    const key = keyOf(place, known, found);
    const cache = caches.get(place.task) ?? new Map<string, Bound>();
    caches.set(place.task, cache);
    const result = cache.get(key) ?? compute(place, binding, known, found);
    cache.set(key, result);
    return { bound: result, binding };
  };

  const nameOf = (place: TaskPlace, scope: Scope, item: Value | undefined): string => {
    const { name } = place.task.task;
    if (!hasTemplate(name)) return name;
    try {
      return String(render(name, lookups.taskLookup(place, { scope, item })));
    } catch (error) {
      if (error instanceof ExpressionError) return name;
      throw error;
    }
  };

  const itemOf = (
    place: TaskPlace,
    binding: Binding,
    scope: Scope,
    isWhenLate: boolean,
    { item, verdict, params }: Turn,
  ): Item => ({
    ...(item !== undefined && { label: labelOf(item) }),
    name: nameOf(place, scope, item),
    params: params!,
    when: () => {
      if (!isWhenLate && verdict !== undefined) return verdict;
      const found = verdictOf(place, lookups.taskLookup(place, { scope, item }), binding);
      if (typeof found === 'boolean') return found;
      throw asInputError([found], place.host.name);
    },
  });

  return {
    /** What is wrong with a task on a host, as far as it can be known before the run. */
    check: (place: TaskPlace): readonly HostProblem[] => bound(place).bound.problems,

    /**
     * A task on a host. Its items are those that run or are skipped with known parameters: one that is skipped for good and
     * whose parameters have no value is left out. `when` reads the scope at the moment it is called.
     */
    hostTask: (place: TaskPlace): HostTask => {
      const { bound: result, binding } = bound(place);
      const isWhenLate = result.needs.when.size > 0;
      return {
        task: place.task.task,
        needs: result.needs,
        items: (scope) => {
          const { turns, problems } = result.turns
            ? { turns: result.turns, problems: [] }
            : expand(place, binding, scope, isWhenLate);
          if (problems.length > 0) throw asInputError(problems, place.host.name);
          return turns
            .filter(({ params }) => params !== undefined)
            .map((turn) => itemOf(place, binding, scope, isWhenLate, turn));
        },
      };
    },
  };
};
export type Binder = ReturnType<typeof createBinder>;
