import { afterAll, describe, expect, it } from 'vitest';
import { ansibleHint } from '../../src/commands/ansible-options.ts';
import { createFolder } from './fixture.ts';

const folder = createFolder();
afterAll(() => folder.remove());

describe('options of ansible-playbook', () => {
  it('that there are not have a hint under the error', async () => {
    const { exitCode, stderr } = await folder.perfplay('run', 'playbooks/site.yml', '--syntax-check');
    expect([exitCode, stderr.trim().split('\n')]).toEqual([
      1,
      ["error: unknown option '--syntax-check'", '  hint: perfplay validate SITE'],
    ]);
  });

  it('have none where the word is near one of ours, or nobody’s', async () => {
    const { stderr } = await folder.perfplay('run', 'playbooks/site.yml', '--chekc');
    expect(stderr).toMatch(/Did you mean --check/);
    expect(stderr).not.toContain('hint');
    expect(ansibleHint("error: unknown option '--constructor'\n")).toBe('');
    expect(ansibleHint("error: missing required argument 'site'\n")).toBe('');
  });

  it.each(['-v', '-vvvv', '--verbose', '--vault-id', '--become-user'])('%s', (option) =>
    expect(ansibleHint(`error: unknown option '${option}'\n`)).toMatch(/^ {2}hint: .+\n$/),
  );
});
