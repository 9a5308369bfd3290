import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { askAnsible, installed } from './ask.ts';
import { cases, describeQuestion } from './cases.ts';
import type { Answer } from './cases.ts';
import { askHere } from './here.ts';

// Sites written by hand, each with what Ansible answered. `PERFPLAY_RECORD=1 npx vitest run test/playbook/ansible` asks it again
// and stores the answers.

const store = async (file: string, value: unknown): Promise<void> =>
  writeFileSync(file, await format(JSON.stringify(value), { ...(await resolveConfig(file)), filepath: file }));

/** Those that have names of their own: Ansible lists others by the module alone, and flushes too. */
const named = (tasks: Answer['tasks']): Answer['tasks'] =>
  tasks.filter(([name]) => !/^(.* : )?(debug|meta)$/.test(name));

/**
 * What Ansible lists without roles that are done already: it finds them out only when it runs, and lists them each time. A task
 * that is not listed here must have been listed before.
 */
const withoutRepeats = (theirs: Answer['tasks'], ours: Answer['tasks']): Answer['tasks'] => {
  const left = [...ours];
  return theirs.filter(([name, tags], index) => {
    const isListed = left[0]?.[0] === name && left[0][1].join() === tags.join();
    if (isListed) left.shift();
    return isListed || !theirs.slice(0, index).some(([earlier]) => earlier === name);
  });
};

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
        expect(named(tasks)).toEqual(withoutRepeats(named(answers[index]!.tasks), named(tasks)));
      },
    );

    it('is still answered so by Ansible', { timeout: 60_000 }, async ({ skip }) => {
      if (!installed) return skip('ansible-playbook is not installed: what it answers is taken from answers.json');
      expect(await askAnsible(questions[0]!)).toEqual(answers[0]);
    });
  });
