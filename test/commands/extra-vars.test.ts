import { describe, expect, it } from 'vitest';
import { parseExtraVars } from '../../src/commands/extra-vars.ts';
import { InputError, type Diagnostic } from '../../src/diagnostics.ts';
import type { Sources } from '../../src/yaml/files.ts';

const sourcesOf = (files: Readonly<Record<string, string>>): Sources => ({
  read: (file) => files[file]!,
  text: (file) => files[file],
  hash: () => '',
});
const parse = (given: readonly string[], files: Readonly<Record<string, string>> = {}) => {
  const hidden: string[] = [];
  const variables = parseExtraVars(given, sourcesOf(files), (secret) => hidden.push(secret));
  return { hidden, values: Object.fromEntries([...variables].map(([name, { value }]) => [name, value])) };
};
const problems = (text: string): readonly Diagnostic[] => {
  try {
    parse(['@v.yml'], { 'v.yml': text });
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics;
    throw error;
  }
  return expect.unreachable();
};

describe('-e', () => {
  it('takes names with texts, YAML and files; later ones win, and nothing is secret that is not said to be', () => {
    const given = ['a=1', '{b: 2, c: {secret: false, value: 3}}', '@v.yml', 'd=last'];
    expect(parse(given, { 'v.yml': 'd: first\ne: {secret: true}\n' })).toEqual({
      values: { a: '1', b: 2, c: { secret: false, value: 3 }, d: 'last', e: { secret: true } },
      hidden: [],
    });
  });

  it('hides the value of a secret, which then stands by itself: at any depth, all of its texts', () => {
    const text = `token: {secret: true, value: tok}
pin: {secret: yes, value: 4711}
keys: {secret: true, value: {public: [a1, a2], private: b, on: true}}
nested: {users: [{name: me, password: {secret: true, value: deep}}]}
`;
    expect(parse(['@v.yml'], { 'v.yml': text })).toEqual({
      values: {
        token: 'tok',
        pin: 4711,
        keys: { public: ['a1', 'a2'], private: 'b', on: true },
        nested: { users: [{ name: 'me', password: 'deep' }] },
      },
      hidden: ['tok', '4711', 'a1', 'a2', 'b', 'deep'],
    });
    expect(parse(['{t: {secret: true, value: tok}}'])).toEqual({ values: { t: 'tok' }, hidden: ['tok'] });
  });

  it('refuses a secret with something beside its value: it would not be one', () => {
    expect(problems('token: {secret: true, value: hunter2, note: mine}\n')).toMatchObject([
      { code: 'extra-vars', message: "a secret has a value and nothing else, not 'note'", position: { line: 1 } },
    ]);
  });

  it('shows nothing of a text with secrets that cannot be read, and of others what is wrong', () => {
    for (const text of [
      'token:\n  secret: true\n  value: hunter2: x\n',
      'token: {secret: true, value: hunter2\nnext: "hunter2\n',
      'token: {secret: true, value: *hunter2}\n',
      'token: {secret: true, value: x, value: hunter2}\n',
      'token: {secret: true, value: !hunter2 x}\n',
    ])
      for (const problem of problems(text)) {
        expect(JSON.stringify(problem)).not.toContain('hunter2');
        expect(problem).not.toHaveProperty('position');
        expect(problem.message).toMatch(/not shown \(v\.yml:\d+:\d+\)$/);
      }
    expect(problems('a: [b: c: d]\n')[0]).toHaveProperty('position');
  });
});
