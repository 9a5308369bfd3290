import { conditionReferences, references } from '../expressions/references.ts';
import { hasTemplate } from '../expressions/render.ts';
import { markAt } from './schema.ts';
import type { Node, ScalarNode } from '../../yaml/document.ts';
import type { TaskDefinition } from '../definitions.ts';
import type { Reference } from '../expressions/references.ts';
import type { Path } from './places.ts';
import type { Schema } from './schema.ts';

/** One text of a task that names things. */
export interface Text {
  /** Expressions may come to nothing; templates and conditions may not. */
  readonly kind: 'template' | 'condition' | 'expression';
  readonly text: string;
  readonly node: ScalarNode;
  /** The tree that it stands in: conditions of one list may lean on those before them. */
  readonly root: Node;
}

/** All texts of a task that name things, in their order. */
export interface TaskTexts {
  readonly params: readonly Text[];
  /** Of the label, the environment and `delegate_to`. */
  readonly around: readonly Text[];
  readonly loop: readonly Text[];
  /** Aligned with `task.when`. */
  readonly conditions: readonly Text[];
  readonly judgements: readonly Text[];
}

/** A condition's text as an expression: YAML's booleans and numbers say what they say. */
export const conditionText = ({ value, source }: ScalarNode): string =>
  typeof value === 'boolean' ? String(value) : source;

const condition = (node: ScalarNode, root: Node = node): Text => ({
  kind: 'condition',
  text: conditionText(node),
  node,
  root,
});

/** The scalars of a tree, each with the keys that lead to it. */
const scalars = (node: Node, path: Path = []): readonly { readonly node: ScalarNode; readonly path: Path }[] => {
  if (node.kind === 'scalar') return [{ node, path }];
  if (node.kind === 'sequence') return node.items.flatMap((item, index) => scalars(item, [...path, index]));
  return node.entries.flatMap(({ key, value }) => scalars(value, [...path, key]));
};

const templates = (node: Node | undefined): readonly Text[] =>
  node === undefined
    ? []
    : scalars(node).flatMap(({ node: scalar }): readonly Text[] =>
        typeof scalar.value === 'string' && hasTemplate(scalar.value)
          ? [{ kind: 'template', text: scalar.value, node: scalar, root: node }]
          : [],
      );

/** Below a parameter that the schema marks as conditions or an expression, texts are code; elsewhere templates. */
const paramTexts = (node: Node, schema: Schema, path: Path = []): readonly Text[] => {
  const mark = markAt(schema, path);
  if (mark === 'conditions') return scalars(node).map((found) => condition(found.node, node));
  if (mark === 'expression' && node.kind === 'scalar')
    return [{ kind: 'expression', text: node.source, node, root: node }];
  if (node.kind === 'scalar') return templates(node);
  return node.kind === 'sequence'
    ? node.items.flatMap((item, index) => paramTexts(item, schema, [...path, index]))
    : node.entries.flatMap(({ key, value }) => paramTexts(value, schema, [...path, key]));
};

const known = new WeakMap<TaskDefinition, TaskTexts>();

/** The texts of a task; computed once for each. */
export const textsOf = (definition: TaskDefinition): TaskTexts => {
  const found = known.get(definition);
  if (found) return found;
  const { task, params, label, environment, delegateTo, loop, conditions, judgements } = definition;
  const made: TaskTexts = {
    params: paramTexts(params, task.module.params as Schema),
    around: [label, environment, delegateTo].flatMap(templates),
    loop: templates(loop),
    conditions: conditions.map((node) => condition(node)),
    judgements: [judgements.changed, judgements.failed, judgements.until].flat().map((node) => condition(node)),
  };
  known.set(definition, made);
  return made;
};

const referencesByText = new WeakMap<Text, readonly Reference[]>();

/** The names that a text uses; an expression's are all guarded, for it may come to nothing. */
export const referencesOf = (text: Text): readonly Reference[] => {
  const found = referencesByText.get(text);
  if (found) return found;
  const inText = text.kind === 'template' ? references(text.text) : conditionReferences(text.text);
  const made = text.kind === 'expression' ? inText.map((one) => ({ ...one, isGuarded: true })) : inText;
  referencesByText.set(text, made);
  return made;
};
