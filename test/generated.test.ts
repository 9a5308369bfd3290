import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { modules } from '../modules/registry.ts';
import { parametersOf } from '../src/commands/doc.ts';
import { errors } from '../src/commands/errors.ts';
import { diagnosticCodes } from '../src/diagnostic-codes.ts';
import type { AnyModule } from '../src/contract/module.ts';
import { filters } from '../src/playbook/expressions/filters/index.ts';
import { tests } from '../src/playbook/expressions/tests.ts';
import { createMask } from '../src/report/mask.ts';

// Documents that are made from the code. `UPDATE_DOCUMENTS=1 npx vitest run test/generated.test.ts` writes them anew.

const root = path.join(import.meta.dirname, '..');
const textOf = (name: string): string => readFileSync(path.join(root, name), 'utf8');

const compare = async (name: string, expected: string): Promise<void> => {
  const text = await format(expected, { parser: 'markdown', printWidth: 120, singleQuote: true });
  if (process.env['UPDATE_DOCUMENTS']) writeFileSync(path.join(root, name), text);
  expect(textOf(name)).toBe(text);
};

const begin = '<!-- parameters: made from the schema -->';
const end = '<!-- end of parameters -->';
const cell = (text: string): string => text.replaceAll('|', '\\|');

const parameterTable = (module: AnyModule): string => {
  const rows = parametersOf(module).map(
    ({ name, values, meaning }) => `| ${name} | ${cell(values)} | ${cell(meaning)} |`,
  );
  const table = ['| parameter | value | meaning |', '| --- | --- | --- |', ...rows].join('\n');
  return `${begin}\n\n${rows.length > 0 ? table : ((module.params as { readonly description?: string }).description ?? '')}\n\n${end}`;
};

/** The README with its table made anew; it stands behind the first paragraph. */
const withTable = (readme: string, module: AnyModule): string => {
  const block = parameterTable(module);
  const at = readme.indexOf(begin);
  if (at >= 0) return readme.slice(0, at) + block + readme.slice(readme.indexOf(end) + end.length);
  const [title, first, ...rest] = readme.split('\n\n');
  return [title, first, block, ...rest].join('\n\n');
};

const between = (text: string, from: string, to: string, block: string): string =>
  `${text.slice(0, text.indexOf(from))}${from}\n\n${block}\n\n${text.slice(text.indexOf(to))}`;

const listed = (names: Iterable<string>): string =>
  [...new Set(names)]
    .sort()
    .map((name) => `\`${name}\``)
    .join(' ');

describe('documents made from the code', () => {
  it('the filters and tests in docs/ansible.md', async () => {
    const block = `Filters: ${listed(filters.keys())}\n\nTests: ${listed(tests.keys())}`;
    const name = 'docs/ansible.md';
    const marks = ['<!-- filters: made from the code -->', '<!-- end of filters -->'] as const;
    await compare(name, between(textOf(name), ...marks, block));
  });

  it.each([...modules.keys()])('the parameters in modules/%s/README.md', async (kind) => {
    const name = `modules/${kind}/README.md`;
    await compare(name, withTable(textOf(name), modules.get(kind)!));
  });

  it('explain no code that nobody gives', () => {
    const folder = path.join(root, 'src');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\.tsx?$/.test(name) && name !== 'diagnostic-codes.ts',
    );
    const text = sources.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('\n');
    expect(Object.keys(diagnosticCodes).filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });

  it('docs/errors.md', async () => {
    const printed: string[] = [];
    errors({ data: (text) => printed.push(text), talk: () => undefined, mask: createMask() });
    await compare('docs/errors.md', printed.join('\n'));
  });
});
