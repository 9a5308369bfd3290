import { ExpressionError } from './errors.ts';
import { filters } from './filters/index.ts';
import { functions, lookupNames, lookups } from './functions.ts';
import { misuse } from './given.ts';
import { unqualified } from './qualified.ts';
import { refusedFilters, refusedFunctions, refusedLookups, refusedTests } from './refused.ts';
import { tests } from './tests.ts';
import { walk } from './walk.ts';
import { nearest } from '../../diagnostics.ts';
import type { Signature } from './given.ts';
import type { Arguments, Call, Expression } from './syntax.ts';

interface Place {
  readonly offset?: number;
  readonly length?: number;
}

/** An error that says what to write instead, or what is near. */
export const unknownName = (
  kind: 'filter' | 'test' | 'function' | 'lookup',
  name: string,
  place: Place = {},
): ExpressionError => {
  const { known, refused } = {
    filter: { known: filters.keys(), refused: refusedFilters },
    test: { known: tests.keys(), refused: refusedTests },
    function: { known: functions.keys(), refused: refusedFunctions },
    lookup: { known: lookups.values(), refused: refusedLookups },
  }[kind];
  const code = kind === 'filter' || kind === 'test' ? (`unknown-${kind}` as const) : 'bad-expression';
  const instead = refused.get(name.replace(/^.*\./, ''));
  if (instead !== undefined)
    return new ExpressionError(code, `the ${kind} '${name}' is not supported`, { ...place, hint: instead });
  const all = [...known];
  const near = nearest(name, all);
  const list = all.length > 20 ? `docs/ansible.md lists every ${kind}` : `there are ${all.join(', ')}`;
  const hint = near === undefined ? list : `did you mean '${near}'?`;
  return new ExpressionError(code, `there is no ${kind} '${name}'`, { ...place, hint });
};

const checkArguments = (called: string, signature: Signature, given: Arguments, place: Place): void => {
  // How many there are is known when they are spread.
  if (given.spread || given.spreadNamed) return;
  const names = given.named.map(([name]) => name);
  const wrong = misuse(called, signature, given.positional.length, names);
  if (wrong !== undefined) throw new ExpressionError('bad-expression', `the ${wrong}`, place);
};

const checkCall = ({ name, arguments: given, offset }: Call, macros: ReadonlySet<string>): void => {
  if (macros.has(name)) return;
  const place = { offset, length: name.length };
  const found = functions.get(name);
  if (!found) throw unknownName('function', name, place);
  checkArguments(`function ${name}`, found.signature, given, place);
  const [plugin] = given.positional;
  if (!lookupNames.has(name) || plugin?.kind !== 'literal') return;
  if (!lookups.has(unqualified(String(plugin.value)))) throw unknownName('lookup', String(plugin.value), place);
};

/**
 * Throws where an expression names a filter, test, function or lookup that does not exist, or gives it arguments that it does
 * not take. `macros` can be called beside the functions.
 */
export const checkNames = (expression: Expression, macros: ReadonlySet<string> = new Set()): void => {
  walk(expression, (node) => {
    if (node.kind === 'call') checkCall(node, macros);
    if (node.kind !== 'filter' && node.kind !== 'test') return;
    const { kind, name, offset } = node;
    const found = (kind === 'filter' ? filters : tests).get(name);
    const place = { offset, length: name.length };
    if (!found) throw unknownName(kind, name, place);
    checkArguments(`${kind} ${name}`, found.signature, node.arguments, place);
  });
};
