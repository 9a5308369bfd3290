import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFolder, startLab, type Folder, type FolderLab } from './fixture.ts';

let folder: Folder;
let lab: FolderLab;
beforeAll(async () => {
  folder = createFolder();
  lab = await startLab(folder);
  const { exitCode } = await perfplay('run', 'playbooks/site.yml', '-l', 'rp01,rp02');
  expect(exitCode).toBe(0);
  folder.write('half.yml', half);
});
afterAll(async () => {
  await lab.down();
  folder.remove();
});

const half = `- hosts: brokers
  become: true
  tasks:
    - sysctl: { values: { vm.swappiness: 1 } }
      tags: memory
`;
const perfplay = (...words: readonly string[]) => folder.perfplay(...words, '-i', 'inventories/lab.yml');

describe('--prune', () => {
  it('has its list in the plan, and a run without it leaves all as it is', async () => {
    const { stdout, exitCode } = await perfplay('plan', 'half.yml', '-l', 'rp01');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/declared by no task of this site \(--prune removes it\): sysctl\.d: fs\/aio-max-nr +rp01/);
    expect(stdout).toMatch(/: kernel-arg: intel_idle\.max_cstate, processor\.max_cstate +rp01/);
    expect(stdout).toMatch(/rp01 : ok=1 changed=0/);
    const run = await perfplay('run', 'half.yml', '-l', 'rp01');
    expect(run.stdout).not.toContain('declared by no task');
    expect((await perfplay('run', 'half.yml', '-l', 'rp01', '--prune', '--expect-no-changes')).exitCode).toBe(10);
  });

  it('is refused where not all tasks are run', async () => {
    const { stderr, exitCode } = await perfplay('run', 'half.yml', '-l', 'rp01', '-t', 'memory', '--prune');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/--prune with -t or --skip-tags: what the tasks left out declare would be removed/);
  });

  it('is refused for several hosts at once, unless somebody insists: it may change the kernel line', async () => {
    const { stderr, exitCode } = await perfplay('run', 'half.yml', '-l', 'rp01,rp02', '--prune');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/half\.yml:1:.*begins with 2 hosts at once/s);
    const insisted = await perfplay('run', 'half.yml', '-l', 'rp01,rp02', '--prune', '--no-canary', '--check');
    expect(insisted.exitCode).toBe(0);
  });

  it('removes what is listed, and then there is nothing to list', async () => {
    const { stdout, exitCode } = await perfplay('run', 'half.yml', '-l', 'rp01', '--prune');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/sysctl\.d fs aio-max-nr \d+→absent \[boot\] PENDING REBOOT/);
    expect((await perfplay('plan', 'half.yml', '-l', 'rp01')).stdout).not.toContain('declared by no task');
    expect((await perfplay('plan', 'half.yml', '-l', 'rp02')).stdout).toContain('declared by no task');
  });
});
