import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ansible, installed, type PatternAnswer, startAnsible } from './ask.ts';
import { listOf, load, matched, mustMatch, parseList } from './compare.ts';
import { record } from './record.ts';
import { writtenInventories } from './written.ts';

// Inventories written by hand, each with what Ansible answered. `PERFPLAY_RECORD=1 npx vitest run test/inventory/differential`
// asks it again and stores the answers.

let ansible: Ansible | undefined;
beforeAll(() => {
  if (installed !== undefined) ansible = startAnsible();
});
afterAll(() => ansible?.close());

if (process.env['PERFPLAY_RECORD'])
  it('what Ansible answers is stored', async () => {
    for (const inventory of writtenInventories) await record(ansible!, inventory);
    expect(writtenInventories.length).toBeGreaterThan(0);
  });
else
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

    it('is still answered so by Ansible', async ({ skip }) => {
      if (!ansible) return skip('ansible-inventory is not installed: what it answers is taken from answer.json');
      const answer = await ansible.ask(question);
      if ('error' in answer) return expect.unreachable(answer.error);
      expect(parseList(answer.list)).toEqual(list);
      expect(question.patterns.map((pattern, index) => ({ ...pattern, ...answer.patterns[index] }))).toEqual(patterns);
    });
  });
