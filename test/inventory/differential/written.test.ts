import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { type PatternAnswer, startAnsible } from './ask.ts';
import { listOf, load, matched, mustMatch, parseList } from './compare.ts';
import { record } from './record.ts';
import { writtenInventories } from './written.ts';

// Inventories written by hand, each with what Ansible answered. `PERFPLAY_RECORD=1 npx vitest run test/inventory/differential`
// asks it again and stores the answers.

const { ansible, missing } = await startAnsible();
afterAll(() => ansible?.close());

if (process.env['PERFPLAY_RECORD'])
  it('what Ansible answers is stored', async () => {
    for (const inventory of writtenInventories) await record(ansible!, inventory);
    expect(writtenInventories.length).toBeGreaterThan(0);
  });
else {
  describe.each(writtenInventories)('$name', ({ question, list, patterns }) => {
    const loaded = load(question);

    it('means here what it means to Ansible', () => {
      expect(listOf(loaded)).toEqual({ list });
    });

    it('has the hosts of its patterns in the order in which Ansible has them', () => {
      const here = question.patterns.map((pattern) => ({ ...pattern, ...matched(loaded, pattern, question.folder) }));
      const there = patterns.map(({ pattern, limit, ...answer }) => ({
        pattern,
        ...(limit !== undefined && { limit }),
        ...mustMatch(answer as PatternAnswer),
      }));
      expect(here).toMatchObject(there);
    });
  });

  describe.skipIf(!ansible)(`what is stored${missing && ` (skipped: ${missing})`}`, () => {
    it('is still what Ansible answers', async () => {
      for (const { name, question, list, patterns } of writtenInventories) {
        const answer = await ansible!.ask(question);
        if ('error' in answer) return expect.unreachable(`${name}: ${answer.error}`);
        expect(parseList(answer.list), name).toEqual(list);
        const matches = question.patterns.map((pattern, index) => ({ ...pattern, ...answer.patterns[index] }));
        expect(matches, name).toEqual(patterns);
      }
    });

    it('is what its own programs print', () => {
      const { question, list } = writtenInventories.find(({ name }) => name === 'public-kolla-ansible')!;
      const call = (program: string, ...words: string[]): string =>
        execFileSync(program, [...question.sources.flatMap((source) => ['-i', source]), ...words], {
          cwd: question.folder,
          env: ansible!.environment,
          encoding: 'utf8',
          stdio: 'pipe',
        });
      expect(parseList(call('ansible-inventory', '--list'))).toEqual(list);
      expect(call('ansible', 'network:compute[0]', '--list-hosts').split(/\s*\n\s*/)).toEqual([
        '  hosts (3):',
        'network01',
        'network02',
        'compute01',
        '',
      ]);
    });
  });
}
