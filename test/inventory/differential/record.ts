import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Ansible } from './ask.ts';
import { parseList } from './compare.ts';
import type { WrittenInventory } from './written.ts';

/** Inventories stay as they are written (written/.prettierrc.json); what is stored beside them is for people to read. */
const store = async (file: string, value: unknown): Promise<void> => {
  const options = { ...(await resolveConfig(file)), filepath: file, requirePragma: false };
  writeFileSync(file, await format(JSON.stringify(value), options));
};

/** Asks Ansible about a written inventory and stores its answers beside it. Throws where Ansible cannot read it. */
export const record = async (ansible: Ansible, { name, question }: WrittenInventory): Promise<void> => {
  const answer = await ansible.ask(question);
  if ('error' in answer) throw new Error(`${name}: ${answer.error}`);
  const patterns = question.patterns.map((pattern, index) => ({ ...pattern, ...answer.patterns[index] }));
  await store(join(question.folder, 'answer.json'), parseList(answer.list));
  await store(join(question.folder, 'patterns.json'), patterns);
};
