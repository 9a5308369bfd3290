import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { sourceText, type SourceText, variablesText } from './arbitrary-inventory.ts';
import { groupNames, hostNames } from './arbitrary-model.ts';
import { limitFile, patternQuestion } from './arbitrary-patterns.ts';
import { type Question, startAnsible } from './ask.ts';
import { budget, seed } from './budget.ts';
import { listOf, load, matched, mustMatch, parseList } from './compare.ts';

// Inventories nobody has written, against the real Ansible.

interface Generated {
  readonly files: ReadonlyMap<string, string>;
  readonly question: Omit<Question, 'folder'>;
}

/** Files as they would be seen, in what fast-check tells of a difference. */
const show = ({ files, question }: Generated): string =>
  [...[...files].map(([name, text]) => `--- ${name}\n${text}`), JSON.stringify(question)].join('\n');

/** Where sources stand: beside each other, apart, or in a folder that is the source. */
const sources = fc
  .record({
    texts: fc.array(sourceText, { minLength: 1, maxLength: 3 }),
    layout: fc.constantFrom('beside', 'apart', 'folder'),
    list: fc.option(fc.constantFrom('w1,w9', 'w2:22,db-1,', '2001:db8::9,'), { nil: undefined, freq: 8 }),
  })
  .map(({ texts, layout, list }) => {
    const place = ({ ending }: SourceText, index: number): string =>
      `${layout === 'apart' ? `at${index}` : 'inventory'}/${index}-hosts${ending}`;
    const files = texts.map((source, index) => [place(source, index), source.text] as const);
    const named = layout === 'folder' ? ['inventory'] : files.map(([file]) => file);
    const folders = layout === 'apart' ? texts.map((_, index) => `at${index}`) : ['inventory'];
    return { files, folders, sources: list === undefined ? named : [...named, list] };
  });

const variableFile = (folders: readonly string[]): fc.Arbitrary<readonly [string, string]> =>
  fc
    .tuple(
      fc.constantFrom(...folders, 'play'),
      fc.oneof(
        fc.constantFrom('all', 'ungrouped', ...groupNames).map((name) => `group_vars/${name}`),
        fc.constantFrom(...hostNames).map((name) => `host_vars/${name}`),
      ),
      fc.constantFrom('', '.yml', '.yaml', '.json', '/a.yml', '/b', '/sub/c.yaml', '/.hidden.yml', '/old.yml~'),
      variablesText,
    )
    .map(([folder, name, ending, text]) => [`${folder}/${name}${ending}`, text] as const);

const generated: fc.Arbitrary<Generated> = sources.chain(({ files, folders, sources: named }) =>
  fc
    .record({
      variables: fc.uniqueArray(variableFile(folders), {
        maxLength: 5,
        // A name is a file or a folder.
        selector: ([file]) => file.split('/').slice(0, 3).join('/'),
      }),
      limit: limitFile,
      patterns: fc.array(patternQuestion, { minLength: 4, maxLength: 8 }),
      playbook: fc.constantFrom({}, { playbook: 'play' }),
      extra: fc.constantFrom({}, {}, {}, { extraVars: ['x=extra', '{"y": {"of": [1, null]}}'] }),
      again: fc.constantFrom([], [], [], [named[0]!]),
    })
    .map(({ variables, limit, patterns, playbook, extra, again }) => {
      const made = {
        files: new Map([...files, ...variables, ['limit', limit]]),
        question: { sources: [...named, ...again], patterns, ...playbook, ...extra },
      };
      return { ...made, [fc.toStringMethod]: () => show(made) };
    }),
);

const write = (folder: string, files: ReadonlyMap<string, string>): void => {
  for (const [name, text] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }
  mkdirSync(join(folder, 'play'), { recursive: true });
};

/** Errors here that are none to Ansible: listed deviations (docs/ansible.md). */
const deviations = /^(bad-value): /;

const { ansible, missing } = await startAnsible();
afterAll(() => ansible?.close());

describe.skipIf(!ansible)(`generated inventories${missing && ` (skipped: ${missing})`}`, () => {
  const made = mkdtempSync(join(tmpdir(), 'perfplay-differential-'));
  afterAll(() => rmSync(made, { recursive: true, force: true }));

  const { parameters, timeout } = budget(10);
  it(
    `mean here what they mean to Ansible (seed ${seed})`,
    async () => {
      let count = 0;
      const seen = { inventories: 0, refused: 0, deviating: 0, patterns: 0 };
      await fc.assert(
        fc.asyncProperty(generated, async ({ files, question }) => {
          const folder = join(made, String(count++));
          write(folder, files);
          const answer = await ansible!.ask({ ...question, folder });
          const loaded = load({ ...question, folder });
          const here = listOf(loaded);
          if ('error' in answer) {
            seen.refused++;
            expect(here, answer.error).toHaveProperty('errors');
            return;
          }
          if ('errors' in here && here.errors.every((error) => deviations.test(error))) {
            seen.deviating++;
            return;
          }
          seen.inventories++;
          expect(here).toEqual({ list: parseList(answer.list) });
          for (const [index, pattern] of question.patterns.entries()) {
            seen.patterns++;
            const must = mustMatch(answer.patterns[index]!);
            expect({ ...pattern, ...matched(loaded, pattern, folder) }).toMatchObject({ ...pattern, ...must });
          }
          rmSync(folder, { recursive: true, force: true });
        }),
        parameters,
      );
      // Most of what is generated must be worth the comparison.
      expect(seen.inventories).toBeGreaterThan((seen.refused + seen.deviating) * 2);
      expect(seen.patterns).toBeGreaterThan(seen.inventories);
    },
    timeout,
  );
});
