import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ExpressionError } from '../../../src/playbook/expressions/errors.ts';
import { deviations } from './deviations.ts';
import { expression, templateFile } from './generated.ts';
import { environment, tableLookup } from './lookup.ts';
import { answerOf, questions } from './questions.ts';
import type { Value } from '../../../src/inventory/types.ts';
import type { Kind } from './questions.ts';

type Answer = { readonly value: Value } | { readonly error: string };

const program = (process.env['PATH'] ?? '')
  .split(path.delimiter)
  .map((folder) => path.join(folder, 'ansible'))
  .find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** The Python that the program itself runs in; undefined where it is not installed in the version that the tables are of. */
const python = program && /^#!\s*(\S+)/.exec(readFileSync(program, 'utf8'))?.[1];
const settings = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1', ...environment };
const version =
  python &&
  /\[core (\d+\.\d+)/.exec(spawnSync(program, ['--version'], { env: settings, encoding: 'utf8' }).stdout)?.[1];
const skipped = version === '2.14' ? '' : ` (skipped: ansible-core 2.14 is not installed, found ${version ?? 'none'})`;

const attempt = (run: () => Value): Value | undefined => {
  try {
    return run();
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
};

const ask = (asked: readonly { readonly kind: Kind; readonly text: string }[]): readonly Answer[] => {
  const input = JSON.stringify(asked.map(({ kind, text }) => ({ kind, text })));
  const script = path.join(import.meta.dirname, 'ask_ansible.py');
  const { stdout, stderr, status } = spawnSync(python!, [script], { input, env: settings, encoding: 'utf8' });
  if (status !== 0) throw new Error(`Ansible gave no answers: ${stderr}`);
  return JSON.parse(stdout) as readonly Answer[];
};

describe.skipIf(skipped)(`the tables are what Ansible answers${skipped}`, () => {
  let answers: readonly Answer[];
  beforeAll(() => {
    answers = ask([...questions, ...deviations]);
  });
  it.each(questions.map((question, index) => ({ ...question, index })))('$kind: $text', ({ answer, index }) => {
    const found = answers[index]!;
    if (answer === undefined) expect(found).toHaveProperty('error');
    else expect(found).toEqual({ value: answer });
  });
  it.each(deviations.map((deviation, index) => ({ ...deviation, index })))(
    'a deviation still is one: $text',
    ({ there, index }) => {
      const found = answers[questions.length + index]!;
      expect(found).toHaveProperty('value');
      if (there !== undefined) expect(found).toEqual({ value: there });
    },
  );
});

/** Another seed gives other texts; this one keeps the suite the same from run to run. */
const seed = 2014;

describe.skipIf(skipped)(`what is generated means the same to Ansible${skipped}`, () => {
  it.each<[Kind, fc.Arbitrary<string>, number]>([
    ['file', templateFile, 300],
    ['expression', expression, 600],
  ])('%s', (kind, arbitrary, numRuns) => {
    const asked = fc.sample(arbitrary, { seed, numRuns }).map((text) => ({ kind, text }));
    const answers = ask(asked);
    const different = asked.flatMap((question, index) => {
      const there = answers[index]!;
      const here = attempt(() => answerOf(question, tableLookup));
      const isSame = 'value' in there ? isDeepStrictEqual(there.value, here) : here === undefined;
      return isSame ? [] : [{ text: question.text, there, here }];
    });
    expect(different).toEqual([]);
  });
});
