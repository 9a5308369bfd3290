import { paramProblem, expressionProblem, nodeSource } from './host-problems.ts';
import { controllerFile, evaluatedExpression, judgedConditions } from './marked.ts';
import { startsWith } from './places.ts';
import { renderNode } from './render-node.ts';
import { markAt, marksIn, replaceFiles } from './schema.ts';
import { textsOf } from './texts.ts';
import { checkParams, validateParams } from './validate.ts';
import type { Value } from '../../inventory/types.ts';
import type { Binding } from './binding.ts';
import type { TaskDefinition } from '../definitions.ts';
import type { TaskPlace } from './lookups.ts';
import type { Path } from './places.ts';
import type { HostProblem } from '../problems.ts';
import type { RenderedNode, Rendering } from './render-node.ts';
import type { Schema } from './schema.ts';

/** A task's parameters on a host. */
export interface RenderedParams {
  /** What the module gets; undefined where something is wrong, or not known yet. */
  readonly params: Value | undefined;
  readonly problems: readonly HostProblem[];
}

/** A value with another one at the end of a path. */
const replaceAt = (value: Value, [key, ...rest]: Path, made: Value): Value => {
  if (key === undefined) return made;
  if (Array.isArray(value))
    return value.map((item: Value, index) => (index === key ? replaceAt(item, rest, made) : item));
  const map: Record<string, Value> = Object.assign(Object.create(null), value);
  map[key] = replaceAt(map[key] ?? null, rest, made);
  return map;
};

const isCode = (schema: Schema, path: Path): boolean =>
  ['conditions', 'expression'].includes(markAt(schema, path) ?? '');

/** The parameters as they are written, with their templates rendered: conditions and expressions are texts, files paths. */
export const renderWritten = ({ task, params }: TaskDefinition, rendering: Rendering): RenderedNode => {
  const schema = task.module.params as Schema;
  const marks = marksIn(schema);
  const hasCode = marks.has('conditions') || marks.has('expression');
  return renderNode(params, { ...rendering, ...(hasCode && { isVerbatim: (path) => isCode(schema, path) }) });
};

/**
 * The parameters of a task rendered and validated. The schema sees what is written; then conditions, expressions and paths of
 * files become what the module gets, and the module's own check sees that.
 */
export const renderParams = (
  place: TaskPlace,
  binding: Binding,
  rendering: Pick<Rendering, 'lookup' | 'isLate'>,
): RenderedParams => {
  const { module, schema } = { module: place.task.task.module, schema: place.task.task.module.params as Schema };
  const problems: HostProblem[] = [];
  const report = (problem: HostProblem): void => void problems.push(problem);

  const written = renderWritten(place.task, {
    ...rendering,
    failed: (error, node) => report(expressionProblem(error, nodeSource(node), place, binding)),
  });
  const validated = validateParams(module, written.value, written.unknown);
  for (const found of validated.problems) report(paramProblem(found, place.task));
  if (problems.length > 0) return { params: undefined, problems };

  const making = { place, binding, rendering, report };
  let params = validated.params;
  let isWhole = written.unknown.length === 0;
  for (const { path, node } of written.verbatim) {
    const texts = textsOf(place.task).params.filter(({ root }) => root === node);
    const made =
      markAt(schema, path) === 'conditions' ? judgedConditions(texts, making) : evaluatedExpression(texts[0]!, making);
    if (made === undefined) isWhole = false;
    else params = replaceAt(params, path, made as unknown as Value);
  }
  params = replaceFiles(schema, params, (form, name, path) => {
    if (written.unknown.some((one) => startsWith(path, one))) return name;
    const made = controllerFile(form, name, path, making);
    if (made === undefined) isWhole = false;
    return (made as unknown as Value) ?? name;
  });
  if (!isWhole) return { params: undefined, problems };
  for (const found of checkParams(module, params)) report(paramProblem(found, place.task));
  return { params: problems.length === 0 ? params : undefined, problems };
};
