import { evaluateCondition, evaluateExpression, hasTemplate } from '../expressions/render.ts';
import { isFileProblem } from './controller-files.ts';
import { expressionProblem, hiddenMessage, hostProblem, nodeSource } from './host-problems.ts';
import { nodeAt } from './places.ts';
import { attempt } from './render-node.ts';
import { fileSource, referencesInFile, renderedBytes } from './template-files.ts';
import { referencesOf } from './texts.ts';
import { pathName } from './validate.ts';
import { toValue } from '../../yaml/document.ts';
import type { ControllerFile, Evaluated, Judged } from '../../contract/params.ts';
import type { Binding } from './binding.ts';
import type { FileForm } from './controller-files.ts';
import type { ExpressionError } from '../expressions/errors.ts';
import type { Source } from './host-problems.ts';
import type { TaskPlace } from './lookups.ts';
import type { Path } from './places.ts';
import type { HostProblem } from '../problems.ts';
import type { Rendering } from './render-node.ts';
import type { Text } from './texts.ts';

/** What makes the values of marked parameters. Each maker gives undefined where there is none: it failed, or is late. */
export interface Making {
  readonly place: TaskPlace;
  readonly binding: Binding;
  readonly rendering: Pick<Rendering, 'lookup' | 'isLate'>;
  readonly report: (problem: HostProblem) => void;
}

const reporter =
  (source: Source, { place, binding, report }: Making) =>
  (error: ExpressionError): void =>
    report(expressionProblem(error, source, place, binding));

/** Conditions with their answers. One that fails after another did not hold is left out: it may lean on that. */
export const judgedConditions = (texts: readonly Text[], making: Making): readonly Judged[] | undefined => {
  const { lookup, isLate } = making.rendering;
  const judged: Judged[] = [];
  let isComplete = true;
  for (const text of texts) {
    if (isLate?.(referencesOf(text))) {
      isComplete = false;
      continue;
    }
    let failure: ExpressionError | undefined;
    const holds = attempt(
      () => evaluateCondition(text.text, lookup),
      (error) => (failure = error),
    );
    if (holds !== undefined) judged.push({ text: text.text, holds });
    else if (isComplete && judged.every((earlier) => earlier.holds)) {
      isComplete = false;
      reporter(nodeSource(text.node), making)(failure!);
    }
  }
  return isComplete ? judged : undefined;
};

/** An expression with its value; what is undefined has none. */
export const evaluatedExpression = (text: Text, making: Making): Evaluated | undefined => {
  const { lookup, isLate } = making.rendering;
  if (isLate?.(referencesOf(text))) return undefined;
  let failure: ExpressionError | undefined;
  const value = attempt(
    () => evaluateExpression(text.text, lookup),
    (error) => (failure = error),
  );
  if (failure && failure.code !== 'undefined-variable') {
    reporter(nodeSource(text.node), making)(failure);
    return undefined;
  }
  return { text: text.text, value };
};

/** The file that a parameter names. */
export const controllerFile = (
  form: FileForm,
  name: string,
  path: Path,
  making: Making,
): ControllerFile | undefined => {
  const { place, binding, rendering, report } = making;
  const { task, params, folders } = place.task;
  const found = binding.lookups.files.find(name, form, folders);
  if (isFileProblem(found)) {
    const node = nodeAt(params, path);
    const isMade = hasTemplate(toValue(node));
    const { code, message, hint } = found;
    const isHidden = task.noLog && isMade;
    const said = isHidden ? hiddenMessage : `'${pathName(path)}': ${message}`;
    report(hostProblem(code, said, node.position, isHidden ? undefined : hint, isMade));
    return undefined;
  }
  if (form === 'raw') return found;
  if (rendering.isLate?.(referencesInFile(found))) return undefined;
  const text = attempt(() => renderedBytes(found, rendering.lookup), reporter(fileSource(found), making));
  return text === undefined ? undefined : { path: found.path, text };
};
