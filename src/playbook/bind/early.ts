import { turnNames } from './binding.ts';
import { isProblem, loopItems, renderTurn, verdictOf } from './expand.ts';
import { hostProblem, nodeSource, undefinedHint } from './host-problems.ts';
import { impossible, lateIn, reach } from './needs.ts';
import { fileSource, referencesInFile } from './template-files.ts';
import { referencesOf, textsOf } from './texts.ts';
import { referencesIn } from '../expressions/references.ts';
import type { Value } from '../../inventory/types.ts';
import type { Binding } from './binding.ts';
import type { FoundFile } from './controller-files.ts';
import type { Reference } from '../expressions/references.ts';
import type { Lookup } from '../expressions/render.ts';
import type { Source } from './host-problems.ts';
import type { TaskPlace } from './lookups.ts';
import type { Known } from './needs.ts';
import type { HostProblem } from '../problems.ts';
import type { Text } from './texts.ts';

/** A text, or a file, by the names in it. */
interface Named {
  readonly references: readonly Reference[];
  readonly source: Source;
}

interface Turn {
  readonly lookup: Lookup;
  readonly item: Value | undefined;
}

const named = (text: Text): Named => ({ references: referencesOf(text), source: nodeSource(text.node) });

/** Names that are asked about before they are used. */
const guardedNames = (found: readonly Reference[]): ReadonlySet<string> =>
  new Set(found.filter(({ isGuarded }) => isGuarded).map(({ name }) => name));

/** Texts by the tree that they stand in: in a list of conditions, one may guard the next. */
const groups = (texts: readonly Text[]): readonly (readonly Text[])[] => {
  const byRoot = new Map<unknown, Text[]>();
  for (const text of texts) {
    const root = text.kind === 'condition' ? text.root : text;
    byRoot.set(root, [...(byRoot.get(root) ?? []), text]);
  }
  return [...byRoot.values()];
};

/** Checks, for a task of which parts must wait for the host, what can be said before the run. */
export const createEarlyChecks = (place: TaskPlace, binding: Binding, known: Known, files: readonly FoundFile[]) => {
  const { lookups } = binding;
  const { task } = place.task;
  const texts = textsOf(place.task);
  const asked = guardedNames(texts.conditions.flatMap(referencesOf));
  const isLate = lateIn(known);

  /** References that have no value on any host, each with what to say of it. */
  const wrong = (inText: readonly Reference[], guarded: ReadonlySet<string>, names: Known) =>
    inText
      .filter(({ name }) => !guarded.has(name) && !asked.has(name))
      .flatMap((reference) => {
        const reason = impossible(reference, names);
        if (!reason) return [];
        const { message } = reason;
        const hint = undefinedHint(reference.name, place, binding) ?? reason.hint;
        return [{ reference, message, hint, ofHost: reference.name !== 'facts' }];
      });

  /** Of texts themselves, which may guard one another, and of the variables that they use. */
  const checkNames = (group: readonly Named[], names: Known = known): readonly HostProblem[] => {
    const problems: HostProblem[] = [];
    const guarded = guardedNames(group.flatMap(({ references }) => references));
    for (const { references, source } of group)
      for (const { reference, message, hint, ofHost } of wrong(references, guarded, names)) {
        const position = source.place([], reference.offset, reference.name.length);
        problems.push(hostProblem('undefined-variable', message, position, hint, ofHost));
      }
    reach(
      group.flatMap(({ references }) => references),
      names,
      (name, bound) => {
        const declared = bound?.kind === 'variable' ? lookups.declarationOf(place, name) : undefined;
        if (!declared) return;
        const inVariable = referencesIn(declared.variable.value);
        for (const { message, hint, ofHost } of wrong(inVariable, guardedNames(inVariable), names)) {
          const said = `${message}, in the variable '${name}'`;
          problems.push(hostProblem('undefined-variable', said, declared.variable.position, hint, ofHost));
        }
      },
      (name) => names.registered.has(name),
    );
    return problems;
  };

  const conditions = (): readonly HostProblem[] => checkNames(texts.conditions.map(named));

  /** Of what is said of the result, which stands under the register's name. */
  const judgements = (): readonly HostProblem[] => {
    const registered = task.register === undefined ? known.registered : new Set([...known.registered, task.register]);
    return checkNames(texts.judgements.map(named), { ...known, registered });
  };

  const lateNames = (): readonly HostProblem[] => {
    const inTask = groups([...texts.loop, ...texts.params, ...texts.around]).map((group) => group.map(named));
    const inFiles = files.map((file) => [{ references: referencesInFile(file), source: fileSource(file) }]);
    return [...inTask, ...inFiles]
      .filter((group) => group.some(({ references }) => isLate(references)))
      .flatMap((group) => checkNames(group));
  };

  /** A loop that is late counts as one turn. */
  const turns = (): readonly Turn[] | HostProblem => {
    const { lookup, loop } = known;
    if (!loop || isLate(loop.references)) return [{ lookup, item: undefined }];
    const items = loopItems(place, lookup, binding);
    if (isProblem(items)) return items;
    return items.map((item, index) => ({
      lookup: lookups.taskLookup(place, { own: turnNames(place.task, item, index) }),
      item,
    }));
  };

  /** Everything about a task whose parameters must wait; nothing where it is skipped whatever the host says. */
  const all = (): readonly HostProblem[] => {
    const found = turns();
    if (isProblem(found)) return verdictOf(place, known.lookup, binding, isLate) === false ? [] : [found];
    const live = found
      .map((turn) => ({ ...turn, verdict: verdictOf(place, turn.lookup, binding, isLate) }))
      .filter(({ verdict }) => verdict !== false);
    if (live.length === 0) return [];
    const inTurns = live.flatMap(({ lookup, item, verdict }) => [
      ...(isProblem(verdict) ? [verdict] : []),
      ...renderTurn(place, binding, { lookup, isLate }, item).problems,
    ]);
    return [...inTurns, ...conditions(), ...judgements(), ...lateNames()];
  };
  return { conditions, judgements, all };
};
