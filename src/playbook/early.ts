import { references, referencesIn } from './expressions/references.ts';
import { hasTemplate } from './expressions/render.ts';
import { isProblem, loopItems, renderNode } from './expand.ts';
import { expressionProblem, hostProblem, paramProblem } from './host-problems.ts';
import { impossible, needsOf, reach } from './needs.ts';
import { placeIn } from './places.ts';
import { validateParams } from './validate.ts';
import type { Node, ScalarNode } from '../yaml/document.ts';
import type { Binding } from './expand.ts';
import type { Reference } from './expressions/references.ts';
import type { TaskPlace } from './lookups.ts';
import type { Known } from './needs.ts';
import type { HostProblem } from './problems.ts';

/** What the texts of a task refer to. */
export interface TaskReferences {
  /** The loop's included. */
  readonly params: readonly Reference[];
  readonly loop: readonly Reference[];
  readonly conditions: readonly (readonly Reference[])[];
}

/** Names that a text asks about before it uses them. */
const guardedNames = (found: readonly Reference[]): ReadonlySet<string> =>
  new Set(found.filter(({ isGuarded }) => isGuarded).map(({ name }) => name));

const visitTexts = (node: Node, visit: (text: string, node: ScalarNode) => void): void => {
  if (node.kind === 'scalar') {
    if (typeof node.value === 'string' && hasTemplate(node.value)) visit(node.value, node);
    return;
  }
  for (const child of node.kind === 'sequence' ? node.items : node.entries.map(({ value }) => value))
    visitTexts(child, visit);
};

/** Checks, for a task of which parts must wait for the host, what can be said before the run. */
export const createEarlyChecks = (place: TaskPlace, binding: Binding, known: Known, found: TaskReferences) => {
  const { lookups, registeredLater } = binding;
  const { task, params, loop, conditions } = place.task;
  const asked = guardedNames(found.conditions.flat());
  const isNamed = (name: string): boolean =>
    known.isRegistered(name) || known.lookup.get(name) !== undefined || (name === 'item' && loop !== undefined);
  const isLoopLate = needsOf(found.loop, known).size > 0;

  /** References of a text that have no value on any host, each with what to say of it. */
  const wrong = (inText: readonly Reference[]) => {
    const guarded = guardedNames(inText);
    return inText
      .filter(({ name }) => !guarded.has(name) && !asked.has(name))
      .flatMap((reference) => {
        const reason = impossible(reference, isNamed, known.lookup.names);
        const line = registeredLater.get(reference.name);
        const hint = line === undefined ? reason?.hint : `it is registered on line ${line}, which has not run by then`;
        return reason ? [{ reference, message: reason.message, hint, ofHost: reference.name !== 'facts' }] : [];
      });
  };

  /** Of a text itself, and of the variables that it uses. */
  const checkNames = (inText: readonly Reference[], node: Node): readonly HostProblem[] => {
    const problems = wrong(inText).map(({ reference, message, hint, ofHost }) =>
      hostProblem('undefined-variable', message, placeIn(node, reference.offset, reference.name.length), hint, ofHost),
    );
    reach(inText, known, (name, value) => {
      const variable = value === undefined ? undefined : lookups.variableOf(place, name);
      if (!variable) return;
      for (const { message, hint, ofHost } of wrong(referencesIn(variable.value))) {
        const said = `${message}, in the variable '${name}'`;
        problems.push(hostProblem('undefined-variable', said, variable.position, hint, ofHost));
      }
    });
    return problems;
  };

  const checkConditions = (): readonly HostProblem[] =>
    found.conditions.flatMap((inText, index) => checkNames(inText, conditions[index]!));

  /** Names everywhere, and all about the parameters that are known already. */
  const checkParams = (): readonly HostProblem[] => {
    const problems: HostProblem[] = [];
    const isLate = (text: string): boolean => {
      const inText = references(text);
      return needsOf(inText, known).size > 0 || (isLoopLate && inText.some(({ name }) => name === 'item'));
    };
    const checkLate = (text: string, node: ScalarNode): void => {
      if (isLate(text)) problems.push(...checkNames(references(text), node));
    };
    if (loop) visitTexts(loop, checkLate);
    visitTexts(params, checkLate);
    const items = loop && !isLoopLate ? loopItems(place, known.lookup, binding) : undefined;
    if (items && isProblem(items)) problems.push(items);
    const [item] = items && !isProblem(items) ? items : [];
    const lookup = item === undefined ? known.lookup : lookups.taskLookup(place, { item });
    const rendered = renderNode(params, lookup, isLate, (error, node) => {
      problems.push(expressionProblem(error, node, place, lookups, registeredLater));
    });
    const validated = validateParams(task.module, rendered.value, rendered.unknown);
    return [...problems, ...validated.problems.map((one) => paramProblem(one, place.task))];
  };
  return { checkConditions, checkParams };
};
