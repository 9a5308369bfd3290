import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFolder, startLab, type Folder, type FolderLab } from './fixture.ts';

// The hosts of the lab boot when `systemctl reboot` is called on them; what is not kept is forgotten then.

let folder: Folder;
let lab: FolderLab;
beforeAll(async () => {
  folder = createFolder();
  lab = await startLab(folder);
});
afterAll(async () => {
  await lab.down();
  folder.remove();
});

const site = (apply: string): string => `- hosts: kvm01,rp02
  become: true
  serial: [1, 100%]
  tasks:
    - {name: Full clock, cpufreq: {governor: performance}, apply: ${apply}}
    - {name: Shallow sleep, kernel_cmdline: {present: [intel_idle.max_cstate=1]}}
    - {name: Boot, reboot: {timeout: 60}}
    - {name: After, debug: {msg: "on {{ inventory_hostname }}"}}
`;

interface Report {
  readonly tasks: readonly { readonly name: string; readonly outcomes: Readonly<Record<string, number>> }[];
  readonly failures: readonly { readonly message: string }[];
  readonly recap: { readonly pending: readonly string[] };
}

const run = async (command: string, name: string) => {
  const { stdout, exitCode } = await folder.perfplay(command, name, '-i', 'inventories/lab.yml', '--output', 'json');
  const report = JSON.parse(stdout) as Report;
  const changed = report.tasks.filter(({ outcomes }) => outcomes['changed']! > 0).map((task) => task.name);
  return { exitCode, changed, pending: report.recap.pending, failures: report.failures.map(({ message }) => message) };
};

describe('reboot', () => {
  it('boots the hosts where something waits for it, one batch after the other, and then nothing waits', async () => {
    folder.write('site.yml', site('both'));
    const planned = await run('plan', 'site.yml');
    expect(planned).toMatchObject({ changed: ['Full clock', 'Shallow sleep', 'Boot'], pending: ['reboot'] });
    const first = await run('run', 'site.yml');
    expect(first).toEqual({ exitCode: 0, changed: ['Full clock', 'Shallow sleep', 'Boot'], pending: [], failures: [] });
  }, 60_000);

  it('boots nobody the second time', async () => {
    expect(await run('run', 'site.yml')).toEqual({ exitCode: 0, changed: [], pending: [], failures: [] });
  });

  it('says what was declared for the running system alone, and is gone with it', async () => {
    folder.write('other.yml', site('running').replace('kvm01,rp02', 'rp01'));
    const { stdout, exitCode } = await folder.perfplay('run', 'other.yml', '-i', 'inventories/lab.yml');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      ' says  rp01  other.yml:7  reboot Boot  not kept, and so gone with the boot: cpufreq/policy0/',
    );
  }, 60_000);

  it('goes through a play with no more hosts down than it may, in and out of service', async () => {
    folder.write(
      'rolling.yml',
      `- hosts: kvm02,kvm03,rp02
  become: true
  reboot: when-required
  max_down: 1
  vars: {note: ${folder.path}/service}
  tasks:
    - kernel_cmdline: {present: [processor.max_cstate=2]}
  drain:
    - {command: {shell: "echo {{ inventory_hostname }} out >>{{ note }}"}, delegate_to: localhost, become: false}
  post_reboot:
    - {assert: {that: [facts.cpu.online > 0]}}
  undrain:
    - {command: {shell: "echo {{ inventory_hostname }} in >>{{ note }}"}, delegate_to: localhost, become: false}
`,
    );
    const first = await folder.perfplay('run', 'rolling.yml', '-i', 'inventories/lab.yml', '--no-canary');
    expect(first.exitCode, first.stdout).toBe(0);
    const lines = readFileSync(path.join(folder.path, 'service'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    for (let at = 0; at < lines.length; at += 2) expect(lines[at + 1]).toBe(lines[at]!.replace(' out', ' in'));
    const second = await folder.perfplay('run', 'rolling.yml', '-i', 'inventories/lab.yml', '--no-canary');
    expect(second.stdout).toContain('3 hosts ok, nothing changed');
  }, 120_000);
});
