import { answers as filterAnswers, refused as filterRefused } from './filter-table.ts';
import { answers as languageAnswers, conditions, refused as languageRefused } from './language-table.ts';
import { answers as serialAnswers, refused as serialRefused } from './serial-table.ts';
import { files, refusedFiles, refusedValues, values } from './template-table.ts';
import { answers as truthAnswers, refused as truthRefused } from './truth-table.ts';
import { evaluateCondition, render, renderFile } from '../../../src/playbook/expressions/render.ts';
import { omit } from '../../../src/playbook/bind/omit.ts';
import type { Value } from '../../../src/inventory/types.ts';
import type { Lookup } from '../../../src/playbook/expressions/render.ts';

/** How a text is meant: see ask_ansible.py. */
export type Kind = 'expression' | 'value' | 'file' | 'condition';

/** A text and what ansible-core 2.14 makes of it; undefined: it refuses it. */
export interface Question {
  readonly kind: Kind;
  readonly text: string;
  readonly answer: Value | undefined;
}

const answered = (kind: Kind, rows: readonly (readonly [string, Value])[]): readonly Question[] =>
  rows.map(([text, answer]) => ({ kind, text, answer }));
const refused = (kind: Kind, texts: readonly string[]): readonly Question[] =>
  texts.map((text) => ({ kind, text, answer: undefined }));

/** All tables' rows. */
export const questions: readonly Question[] = [
  ...answered('expression', [...truthAnswers, ...languageAnswers, ...filterAnswers, ...serialAnswers]),
  ...refused('expression', [...truthRefused, ...languageRefused, ...filterRefused, ...serialRefused]),
  ...answered('condition', conditions),
  ...answered('value', values),
  ...refused('value', refusedValues),
  ...answered('file', files),
  ...refused('file', refusedFiles),
];

const plain = (value: Value): Value => JSON.parse(JSON.stringify(value).replaceAll(omit, '<omit>')) as Value;

/** What perfplay makes of a text. Throws ExpressionError. */
export const answerOf = ({ kind, text }: Pick<Question, 'kind' | 'text'>, lookup: Lookup): Value => {
  if (kind === 'expression') return String(render(`>{{ (${text}) | to_json }}`, lookup)).slice(1);
  if (kind === 'value') return plain(render(text, lookup));
  return kind === 'file' ? renderFile(text, lookup) : evaluateCondition(text, lookup);
};
