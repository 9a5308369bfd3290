import { hasTemplate } from './expressions/render.ts';
import { toValue } from '../yaml/document.ts';
import { keyAt, nodeAt, placeIn } from './places.ts';
import { problem } from './problems.ts';
import type { Diagnostic, Position } from '../diagnostics.ts';
import type { Value } from '../inventory/types.ts';
import type { Node } from '../yaml/document.ts';
import type { TaskDefinition } from './definitions.ts';
import type { ExpressionError } from './expressions/errors.ts';
import type { Lookups, TaskPlace } from './lookups.ts';
import type { HostProblem } from './problems.ts';
import type { ParamProblem } from './validate.ts';

const longest = 80;

/** A value as it is shown in a message. */
const show = (value: Value): string => {
  const text = typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
};

const hidden = 'the value is wrong (hidden: no_log)';

export const hostProblem = (
  code: string,
  message: string,
  position: Position,
  hint: string | undefined,
  ofHost: boolean,
): HostProblem => ({ ...(problem('error', code, message, position, hint) satisfies Diagnostic), ofHost });

const hintFor = (error: ExpressionError, registeredLater: ReadonlyMap<string, number>): string | undefined => {
  if (error.code !== 'undefined-variable') return error.hint;
  const name = /^'([^'.]*)[^']*' is undefined$/.exec(error.message)?.[1];
  if (name === 'item') return 'only a task with loop: has an item';
  const line = name === undefined ? undefined : registeredLater.get(name);
  if (line !== undefined) return `it is registered on line ${line}, which has not run by then`;
  return error.hint ?? 'define it for these hosts, or give a value for want of it: | default(…)';
};

/** An expression that failed on a host, at the text at fault: in the task, or in the variable that it uses. */
export const expressionProblem = (
  error: ExpressionError,
  node: Node,
  place: TaskPlace,
  lookups: Lookups,
  registeredLater: ReadonlyMap<string, number>,
): HostProblem => {
  const { variable, offset, length } = error;
  const isInText = ['bad-expression', 'unknown-filter', 'unknown-test'].includes(error.code);
  const declared = variable === undefined ? node : lookups.nodeOf(place, variable);
  const position = declared
    ? placeIn(nodeAt(declared, error.path), offset, length)
    : (lookups.variableOf(place, variable!)?.position ?? node.position);
  const source = JSON.stringify(toValue(node));
  const name = /^'([^']*)' is undefined$/.exec(error.message)?.[1];
  const isShown = !place.task.task.noLog || error.code !== 'bad-value' || (name !== undefined && source.includes(name));
  const message = isShown ? error.message : hidden;
  const where = variable === undefined || isInText ? '' : `, in the variable '${variable}'`;
  return hostProblem(error.code, message + where, position, hintFor(error, registeredLater), !isInText);
};

/** What the schema or the module finds wrong with a task's parameters on a host. */
export const paramProblem = (
  { code, message, path, at, hint, value }: ParamProblem,
  { task, params, moduleAt }: TaskDefinition,
): HostProblem => {
  const node = nodeAt(params, path);
  const isTemplate = node.kind === 'scalar' && hasTemplate(node.value);
  const position = at === 'module' ? moduleAt : at === 'key' ? keyAt(params, path) : node.position;
  if (task.noLog && (value !== undefined || code === 'bad-value'))
    return hostProblem(code, hidden, position, undefined, false);
  const shown = value === undefined ? '' : `, not ${show(value)}`;
  const from = isTemplate && value !== undefined ? ` from ${String(node.value)}` : '';
  const better = code === 'quote-it' && node.kind === 'scalar' && !isTemplate ? `quote it: "${node.source}"` : hint;
  return hostProblem(code, message + shown + from, position, better, hasTemplate(toValue(node)));
};
