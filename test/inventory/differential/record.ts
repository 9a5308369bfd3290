import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Ansible } from './ask.ts';
import { parseList } from './compare.ts';
import type { WrittenInventory } from './written.ts';

const store = async (file: string, value: unknown): Promise<void> =>
  writeFileSync(file, await format(JSON.stringify(value), { ...(await resolveConfig(file)), filepath: file }));

/** Asks Ansible about a written inventory and stores its answers beside it. Throws where Ansible cannot read it. */
export const record = async (ansible: Ansible, { name, question }: WrittenInventory): Promise<void> => {
  const answer = await ansible.ask(question);
  if ('error' in answer) throw new Error(`${name}: ${answer.error}`);
  const patterns = question.patterns.map((pattern, index) => ({ ...pattern, ...answer.patterns[index] }));
  await store(join(question.folder, 'answer.json'), parseList(answer.list));
  await store(join(question.folder, 'patterns.json'), patterns);
};
