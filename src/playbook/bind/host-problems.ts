import type { DiagnosticCode } from '../../diagnostics.ts';
import { hasTemplate } from '../expressions/render.ts';
import { InputError, nearest } from '../../diagnostics.ts';
import { toValue } from '../../yaml/document.ts';
import { keyAt, nodeAt, placeIn } from './places.ts';
import { nameHosts, problem } from '../problems.ts';
import type { Binding } from './binding.ts';
import type { Diagnostic, Position } from '../../diagnostics.ts';
import type { Value } from '../../inventory/types.ts';
import type { Node } from '../../yaml/document.ts';
import type { ExpressionError } from '../expressions/errors.ts';
import type { TaskDefinition } from '../definitions.ts';
import type { TaskPlace } from './lookups.ts';
import type { Path } from './places.ts';
import type { HostProblem } from '../problems.ts';
import type { ParamProblem } from './validate.ts';

const longest = 80;

/** A value as it is shown in a message. */
const show = (value: Value): string => {
  const text = typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
};

/** Stands for what `no_log` hides. */
export const hiddenMessage = 'the value is wrong (hidden: no_log)';

export const hostProblem = (
  code: DiagnosticCode,
  message: string,
  position: Position,
  hint: string | undefined,
  ofHost: boolean,
): HostProblem => ({ ...(problem('error', code, message, position, hint) satisfies Diagnostic), ofHost });

/** Problems of one host as the error that stops its task. */
export const asInputError = (problems: readonly HostProblem[], host: string): InputError =>
  new InputError(
    problems.map(({ ofHost, ...diagnostic }) =>
      ofHost ? { ...diagnostic, message: `${diagnostic.message} on ${nameHosts([host])}` } : diagnostic,
    ),
  );

/** What stands where a text was written. */
export interface Source {
  readonly text: string;
  /** Of some characters of the text at the end of a path into it. */
  readonly place: (path: Path, offset: number | undefined, length: number | undefined) => Position;
}

export const nodeSource = (node: Node): Source => ({
  get text() {
    return JSON.stringify(toValue(node));
  },
  place: (path, offset, length) => placeIn(nodeAt(node, path), offset, length),
});

/** Why a name has no value here, where that can be told from the playbook. */
export const undefinedHint = (
  name: string,
  { task }: TaskPlace,
  { registers, lineOf }: Binding,
): string | undefined => {
  const { variable } = task.task.loopControl;
  if (name === 'item')
    return task.loop ? `the item of this loop is '${variable}'` : 'only a task with loop: has an item';
  const line = registers.has(name) ? undefined : lineOf(name);
  return line === undefined ? undefined : `it is registered on line ${line}, which has not run by then`;
};

const hintFor = (error: ExpressionError, place: TaskPlace, binding: Binding): string | undefined => {
  if (error.code !== 'undefined-variable') return error.hint;
  const name = /^'([^'.]*)[^']*' is undefined$/.exec(error.message)?.[1];
  const known = name === undefined ? undefined : undefinedHint(name, place, binding);
  const others = [...binding.registers].filter((one) => one !== name);
  const near = name === undefined ? undefined : nearest(name, others);
  return (
    known ??
    error.hint ??
    (near && `did you mean '${near}'?`) ??
    'define it for these hosts, or give a value for want of it: | default(…)'
  );
};

/** True where the message has more in it than the text that failed: a value, a key that was computed. */
const isRevealing = ({ code, message }: ExpressionError, text: string): boolean => {
  const name = /^'([^']*)' is undefined$/.exec(message)?.[1] ?? '';
  return code === 'bad-value' || !name.split('.').every((key) => text.includes(key));
};

/** An expression that failed on a host, at the text at fault: in the task or its files, or in the variable that it uses. */
export const expressionProblem = (
  error: ExpressionError,
  source: Source,
  place: TaskPlace,
  binding: Binding,
): HostProblem => {
  const { variable, offset, length } = error;
  const isInText = ['bad-expression', 'unknown-filter', 'unknown-test'].includes(error.code);
  const declared = variable === undefined ? undefined : binding.lookups.declarationOf(place, variable);
  const at = declared?.node ? nodeSource(declared.node) : source;
  const isElsewhere = variable !== undefined && !declared?.node;
  const position = isElsewhere
    ? (declared?.variable.position ?? source.place([], undefined, undefined))
    : at.place(error.path, offset, length);
  const where = variable === undefined || isInText ? '' : `, in the variable '${variable}'`;
  if (place.task.task.noLog && isRevealing(error, at.text))
    return hostProblem(error.code, hiddenMessage + where, position, undefined, true);
  return hostProblem(error.code, error.message + where, position, hintFor(error, place, binding), !isInText);
};

/** True where the path leads through what is written in the file, and not into a value that was made. */
const isWritten = (node: Node, path: Path): boolean => {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  const next = node.kind === 'scalar' ? undefined : nodeAt(node, [key]);
  return next !== undefined && next !== node && isWritten(next, rest);
};

/** What the schema or the module finds wrong with a task's parameters on a host. Values of a task with `no_log` are not shown. */
export const paramProblem = (
  { code, message, path, at, hint, value }: ParamProblem,
  { task, params, moduleAt }: TaskDefinition,
): HostProblem => {
  const node = nodeAt(params, path);
  const isTemplate = node.kind === 'scalar' && hasTemplate(node.value);
  const position = at === 'module' ? moduleAt : at === 'key' ? keyAt(params, path) : node.position;
  const ofHost = hasTemplate(toValue(node));
  if (task.noLog && (code === 'bad-value' || !isWritten(params, path)))
    return hostProblem(code, hiddenMessage, position, undefined, ofHost);
  const isShown = value !== undefined && !task.noLog;
  const isHidden = task.noLog && (value !== undefined || code === 'quote-it');
  const shown = isShown ? `, not ${show(value)}` : value === undefined ? '' : ' (its value is hidden: no_log)';
  const from = isTemplate && isShown ? ` from ${String(node.value)}` : '';
  const better = code === 'quote-it' && node.kind === 'scalar' && !isTemplate ? `quote it: "${node.source}"` : hint;
  return hostProblem(code, message + shown + from, position, isHidden ? undefined : better, ofHost);
};
