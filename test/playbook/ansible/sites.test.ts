import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { askAnsible, installed } from './ask.ts';
import { cases, describeQuestion } from './cases.ts';
import { askHere } from './here.ts';

// Sites written by hand, each with what Ansible answered. `PERFPLAY_RECORD=1 npx vitest run test/playbook/ansible` asks it again
// and stores the answers.

const store = async (file: string, value: unknown): Promise<void> =>
  writeFileSync(file, await format(JSON.stringify(value), { ...(await resolveConfig(file)), filepath: file }));

if (process.env['PERFPLAY_RECORD'])
  it('what Ansible answers is stored', { timeout: 300_000 }, async () => {
    for (const { questions, file } of cases) {
      const answers = [];
      for (const question of questions) answers.push(await askAnsible(question));
      await store(file, answers);
    }
    expect(cases.length).toBeGreaterThan(0);
  });
else
  describe.each(cases)('$name', ({ questions, answers }) => {
    it.each(questions.map((question, index) => ({ options: describeQuestion(question), question, index })))(
      'means here what it means to Ansible $options',
      ({ question, index }) => {
        const { tasks, messages } = askHere(question);
        expect(messages).toEqual(answers[index]!.messages);
        expect(tasks).toEqual(answers[index]!.tasks);
      },
    );

    it('is still answered so by Ansible', { timeout: 60_000 }, async ({ skip }) => {
      if (!installed) return skip('ansible-playbook is not installed: what it answers is taken from answers.json');
      expect(await askAnsible(questions[0]!)).toEqual(answers[0]);
    });
  });
