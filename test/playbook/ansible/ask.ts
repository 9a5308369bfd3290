import { execa } from 'execa';
import path from 'node:path';
import type { Answer, Question } from './cases.ts';

const environment = { ANSIBLE_STDOUT_CALLBACK: 'oneline', ANSIBLE_NOCOLOR: '1' };

/** Whether the real Ansible can be asked. */
export const installed: boolean = await execa('ansible-playbook', ['--version'], {
  env: environment,
  reject: false,
}).then(({ exitCode }) => exitCode === 0);

const argumentsOf = ({ folder, inventory, tags, skipTags, extra }: Question): readonly string[] => [
  '-i',
  inventory ? path.join(folder, inventory) : 'one,',
  '-c',
  'local',
  ...(tags ? ['-t', tags.join(',')] : []),
  ...(skipTags ? ['--skip-tags', skipTags.join(',')] : []),
  ...Object.entries(extra ?? {}).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
  path.join(folder, 'site.yml'),
];

const ask = async (more: readonly string[], question: Question): Promise<string> => {
  const { stdout } = await execa('ansible-playbook', [...more, ...argumentsOf(question)], { env: environment });
  return stdout;
};

/** What its tasks and handlers say when Ansible runs them. Throws where it fails. */
export const saidByAnsible = async (question: Question): Promise<Answer['messages']> => {
  const said = await ask([], question);
  return [...said.matchAll(/^one \| (?:SUCCESS|CHANGED) => (\{.*\})$/gm)].map(
    ([, json]) => (JSON.parse(json!) as { readonly msg: string }).msg,
  );
};

/** What Ansible lists, and what it says when it runs. Throws where it fails. */
export const askAnsible = async (question: Question): Promise<Answer> => {
  const listed = await ask(['--list-tasks'], question);
  const tasks = [...listed.matchAll(/^ {6}(\S.*?)\tTAGS: \[(.*)\]$/gm)].map(
    ([, name, tags]): Answer['tasks'][number] => [name!, tags! === '' ? [] : tags!.split(', ')],
  );
  return { tasks, messages: await saidByAnsible(question) };
};
