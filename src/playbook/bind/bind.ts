import { ExpressionError } from '../expressions/errors.ts';
import { hasTemplate, render } from '../expressions/render.ts';
import { knownOf } from './binding.ts';
import { createEarlyChecks } from './early.ts';
import { expand, isProblem, learnedNames, verdictOf } from './expand.ts';
import { asInputError } from './host-problems.ts';
import { judgeOf } from './judge.ts';
import { lateIn, needsOf, reach } from './needs.ts';
import { templateFiles } from './task-files.ts';
import { references } from '../expressions/references.ts';
import { referencesInFile } from './template-files.ts';
import { referencesOf, textsOf } from './texts.ts';
import { waitsFor } from './waits.ts';
import type { Value } from '../../inventory/types.ts';
import type { Binding } from './binding.ts';
import type { TaskDefinition } from '../definitions.ts';
import type { Turn, Work } from './expand.ts';
import type { Reference } from '../expressions/references.ts';
import type { Late, Lookups, TaskPlace } from './lookups.ts';
import type { Known, Need } from './needs.ts';
import type { HostProblem } from '../problems.ts';
import type { Registers } from './registers.ts';
import type { TaskFiles } from './task-files.ts';
import type { HostTask, Item, Scope } from '../types.ts';
import { memoize } from '../../contract/memoize.ts';

/** A task on all hosts for which the names that it reaches have the same values. */
interface Bound {
  readonly needs: HostTask['needs'];
  readonly problems: readonly HostProblem[];
  /** Undefined where they are made for each host anew. */
  readonly turns: readonly Turn[] | undefined;
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

/** All that the texts of a task refer to. */
interface TaskReferences {
  /** Of everything that its parameters need. */
  readonly params: readonly Reference[];
  readonly conditions: readonly Reference[];
  /** Of its name, and of what is said of its result. */
  readonly result: readonly Reference[];
  readonly all: readonly Reference[];
}

const collectReferences = (definition: TaskDefinition): TaskReferences => {
  const { params, around, loop, conditions, judgements } = textsOf(definition);
  const { name } = definition.task;
  const ofResult = judgements.flatMap(referencesOf);
  const found = {
    params: [...params, ...around, ...loop].flatMap(referencesOf),
    conditions: conditions.flatMap(referencesOf),
    result: hasTemplate(name) ? [...ofResult, ...references(name)] : ofResult,
  };
  return { ...found, all: [...found.params, ...found.conditions, ...ofResult] };
};

/**
 * Binds tasks to hosts. Rendering and validation are done once for all hosts on which a task's names have the same values.
 * `registers` gives what may be registered when a task runs.
 */
export const createBinder = (
  lookups: Lookups,
  registers: (task: TaskDefinition) => Registers,
  isExtra: (name: string) => boolean,
) => {
  const idOf = createIds();
  const cacheOf = memoize<TaskDefinition, Map<string, Bound>>(() => new Map());
  const referencesIn = memoize(collectReferences);
  const bindingOf = memoize((task: TaskDefinition): Binding => {
    const { before, lineOf } = registers(task);
    return { lookups, registers: new Set([...before].filter((name) => !isExtra(name))), lineOf };
  });

  const keyOf = (place: TaskPlace, known: Known, found: readonly Reference[]): string => {
    const parts: string[] = [];
    reach(found, known, (name, bound) => {
      const value = bound?.kind === 'hosts' ? undefined : bound?.value;
      const isTemplate = bound?.kind === 'variable' && hasTemplate(bound.value);
      const at = isTemplate ? lookups.declarationOf(place, name)?.variable.position : undefined;
      parts.push(`${name}=${idOf(value)}${at ? `@${at.file}:${at.line}:${at.column}` : ''}`);
    });
    return parts.join('\n');
  };

  const compute = (
    place: TaskPlace,
    binding: Binding,
    known: Known,
    { found, isOpen }: TaskFiles,
    inFiles: readonly Reference[],
  ): Bound => {
    const { params, conditions, result } = referencesIn(place.task);
    // What a file needs whose path is late cannot be told: it may be anything.
    const ofFiles: readonly Need[] = isOpen
      ? ['facts', ...(known.registered.size > 0 ? ['registered' as const] : [])]
      : [];
    const when = needsOf(conditions, known);
    // What a turn of a loop learns, the next one sees: whether it runs must be known.
    const ofTurns = place.task.loop && learnedNames(place.task).length > 0 ? when : [];
    const needs = {
      params: new Set([...needsOf([...params, ...inFiles], known), ...ofFiles, ...ofTurns]),
      when,
      result: needsOf(result, known),
    };
    const early = createEarlyChecks(place, binding, known, found);
    if (needs.params.size > 0) return { needs, problems: early.all(), turns: undefined };

    const { turns, problems } = expand(place, binding, { isLate: lateIn(known) });
    const verdicts = turns.map(({ verdict }) => verdict);
    return {
      needs,
      problems: [
        ...problems,
        ...(verdicts.includes(undefined) ? early.conditions() : []),
        ...(verdicts.some((verdict) => verdict !== false) ? early.judgements() : []),
      ],
      // Rendered files of all hosts would fill the memory.
      turns: found.length > 0 ? undefined : turns,
    };
  };

  const bound = (place: TaskPlace): Bound => {
    const binding = bindingOf(place.task);
    const known = knownOf(place.task, lookups.taskLookup(place), binding);
    const inTask = templateFiles(place, binding, { lookup: known.lookup, isLate: lateIn(known) });
    const inFiles = inTask.found.flatMap(referencesInFile);
    const { all } = referencesIn(place.task);
    const key = keyOf(place, known, inFiles.length > 0 ? [...all, ...inFiles] : all);
    const cache = cacheOf(place.task);
    const result = cache.get(key) ?? compute(place, binding, known, inTask, inFiles);
    cache.set(key, result);
    return result;
  };

  const nameOf = (place: TaskPlace, late: Late): string => {
    const { name } = place.task.task;
    if (!hasTemplate(name)) return name;
    try {
      return String(render(name, lookups.taskLookup(place, late)));
    } catch (error) {
      if (error instanceof ExpressionError) return name;
      throw error;
    }
  };

  const itemOf = (place: TaskPlace, scope: Scope, isWhenLate: boolean, turn: Turn, work: Work): Item => {
    const binding = bindingOf(place.task);
    const { item, names, verdict } = turn;
    const late: Late = { scope, ...names };
    return {
      ...(item !== undefined && { value: item }),
      ...work,
      name: nameOf(place, late),
      when: () => {
        if (!isWhenLate && verdict !== undefined) return verdict;
        const found = verdictOf(place, lookups.taskLookup(place, late), binding);
        if (isProblem(found)) throw asInputError([found], place.host.name);
        return found === true;
      },
      judge: judgeOf(place, binding, late),
    };
  };

  return {
    /** What is wrong with a task on a host, as far as it can be known before the run. */
    check: (place: TaskPlace): readonly HostProblem[] => bound(place).problems,

    /**
     * A task on a host. Its items are those that run or are skipped with known parameters: one that is skipped for good and
     * whose parameters have no value is left out. `when` and `judge` read the scope at the moment they are called.
     */
    hostTask: (place: TaskPlace): HostTask => {
      const result = bound(place);
      const binding = bindingOf(place.task);
      const isWhenLate = result.needs.when.size > 0;
      return {
        task: place.task.task,
        needs: result.needs,
        waitsFor: (scope) => waitsFor(place, binding, scope),
        items: (scope) => {
          const { turns, problems } = result.turns
            ? { turns: result.turns, problems: [] }
            : expand(place, binding, { scope, isEarly: isWhenLate });
          if (problems.length > 0) throw asInputError(problems, place.host.name);
          return turns.flatMap((turn) => (turn.work ? [itemOf(place, scope, isWhenLate, turn, turn.work)] : []));
        },
      };
    },
  };
};
