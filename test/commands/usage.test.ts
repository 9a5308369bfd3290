import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modules } from '../../modules/registry.ts';
import { factPaths } from '../../src/contract/facts.ts';
import { checkout, createFolder, type Folder } from './fixture.ts';

let folder: Folder;
beforeAll(() => {
  folder = createFolder();
});
afterAll(() => folder.remove());

const site = ['playbooks/site.yml', '-i', 'inventories/lab.yml'];

describe('words that are wrong', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['a command', ['rnu'], /unknown command 'rnu'\n\(Did you mean run\?\)/],
    ['an option', ['run', ...site, '--frks', '3'], /unknown option '--frks'\n\(Did you mean --forks\?\)/],
    ['forks', ['run', ...site, '--forks', '0'], /'--?f.*forks.*' argument '0' is invalid\. A whole number from 1/],
    ['an output', ['plan', ...site, '--output', 'xml'], /Allowed choices are live, plain, jsonl, json/],
    ['no playbook', ['run'], /missing required argument 'site'/],
    ['two playbooks', ['run', 'a.yml', 'b.yml'], /too many arguments for 'run'/],
    ['a verb of the lab', ['lab', 'statu'], /unknown command 'statu'\n\(Did you mean status\?\)/],
    ['no host to reboot', ['lab', 'reboot'], /missing required argument 'host'/],
    [
      'two views of the inventory',
      ['inventory', '--list', '--graph'],
      /'--(list|graph)' cannot be used with option '--(list|graph)'/,
    ],
    [
      'no view of the inventory',
      ['inventory'],
      /what is to be shown\?.*\n.*--list, --graph, --host HOST or --list-hosts PATTERN/,
    ],
    ['no inventory', ['run', 'playbooks/site.yml'], /no inventory.*\n.*PERFPLAY_INVENTORY/],
    [
      'a playbook that is not there',
      ['run', 'playbooks/sit.yml', ...site.slice(1)],
      /did you mean playbooks\/site\.yml\?/,
    ],
    [
      'an inventory that is not there',
      ['ping', 'all', '-i', 'inventories/labb.yml'],
      /did you mean inventories\/lab\.yml\?/,
    ],
    ['a limit', ['run', ...site, '-l', 'nobody'], /no group or host is named "nobody"/],
    ['a pattern', ['ping', 'kmv', '-i', 'inventories/lab.yml'], /"kmv".*\n.*did you mean kvm\?/],
    ['a host', ['inventory', '--host', 'kvm1', '-i', 'inventories/lab.yml'], /did you mean kvm01\?/],
    ['a tag that no task has', ['run', ...site, '-t', 'nosuch'], /nosuch/],
    [
      'a tag that nobody has',
      ['plan', ...site, '-t', 'bot'],
      /no task has the tag 'bot'[^]*did you mean 'boot'[^]*no task is left with -t bot/,
    ],
    ['tags that leave nothing', ['plan', ...site, '--skip-tags', 'all'], /no task is left with --skip-tags all/],
    ['a variable without a value', ['run', ...site, '-e', 'governor'], /-e governor: not name=value/],
    ['a variable of a wrong value', ['run', ...site, '-e', 'governor=fast'], /site\.yml:9:\d+: error: .*"fast"/],
    ['a module', ['doc', 'cpufrek'], /did you mean cpufreq\?/],
    ['a drift without a value', ['lab', 'drift', 'kvm01', '/sys/kernel/mm/ksm/run'], /to which value\?/],
  ])('%s: exit 1, nothing on standard output', async (_, words, expected) => {
    const { exitCode, stdout, stderr } = await folder.perfplay(...words);
    expect(stderr).toMatch(expected);
    expect(stderr).not.toContain('internal error');
    expect(stdout).toBe('');
    expect(exitCode).toBe(1);
  });

  it('in a file of variables are shown with their line', async () => {
    folder.write('more.yml', 'governor: powersave\ngovernor: performance\n');
    const { exitCode, stderr } = await folder.perfplay('validate', ...site, '-e', '@more.yml');
    expect(stderr).toMatch(/^more\.yml:2:1: error: .*\n {2}2 \| governor: performance\n {4}\| \^/);
    expect(exitCode).toBe(1);
  });

  it('of a variable that nothing reads is a warning', async () => {
    const { exitCode, stdout, stderr } = await folder.perfplay('validate', ...site, '-e', 'govenor=performance');
    expect(stderr).toMatch(/warning: nothing reads the variable 'govenor'.*\n.*did you mean 'governor'\?/);
    expect(stdout).toBe('playbooks/site.yml: 3 plays, 7 tasks, 7 hosts: valid');
    expect(exitCode).toBe(0);
  });
});

describe('help', () => {
  it('is what a call without words gives, as talk', async () => {
    const { exitCode, stdout, stderr } = await folder.perfplay();
    expect(stderr).toMatch(/^Usage: perfplay/);
    expect(stdout).toBe('');
    expect(exitCode).toBe(1);
  });

  it.each([
    ['help', 'run'],
    ['run', '--help'],
    ['help', 'lab'],
  ])('is data where it is asked for: %s %s', async (...words) => {
    const { exitCode, stdout, stderr } = await folder.perfplay(...words);
    expect(stdout).toMatch(/^Usage: perfplay (run|lab)/);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  it('knows the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(path.join(checkout, 'package.json'), 'utf8')) as { version: string };
    expect(await folder.perfplay('--version')).toEqual({ exitCode: 0, stdout: version, stderr: '' });
  });
});

describe('doc', () => {
  it('lists every module', async () => {
    const { stdout } = await folder.perfplay('doc');
    for (const kind of modules.keys()) expect(stdout).toMatch(new RegExp(`^${kind} {2,}\\S`, 'm'));
  });

  it.each([...modules.keys()])('%s: every parameter, within 80 columns', async (kind) => {
    const { exitCode, stdout } = await folder.perfplay('doc', kind);
    const { properties } = modules.get(kind)!.params as { properties?: Record<string, unknown> };
    for (const name of Object.keys(properties ?? {})) expect(stdout).toMatch(new RegExp(`^ {2}${name} {2,}\\S`, 'm'));
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(exitCode).toBe(0);
  });

  it('facts: every fact', async () => {
    const { stdout } = await folder.perfplay('doc', 'facts');
    for (const fact of Object.keys(factPaths)) expect(stdout).toContain(`facts.${fact} `);
  });
});

describe('inventory', () => {
  const show = (...words: readonly string[]) => folder.perfplay('inventory', ...words, '-i', 'inventories/lab.yml');

  it('prints JSON, a tree, or hosts one a line', async () => {
    const list = JSON.parse((await show('--list')).stdout) as { _meta: { hostvars: object }; kvm: { hosts: string[] } };
    expect(list.kvm.hosts).toEqual(['kvm01', 'kvm02', 'kvm03', 'kvm04']);
    expect(Object.keys(list._meta.hostvars)).toHaveLength(7);
    expect(JSON.parse((await show('--host', 'rp01')).stdout)).toMatchObject({ ansible_port: 2405, max_cstate: 1 });
    expect((await show('--graph')).stdout.split('\n')).toEqual(
      expect.arrayContaining(['@all:', '  |--@brokers:', '  |  |--rp03']),
    );
    expect((await show('--list-hosts', 'brokers:!rp02')).stdout).toBe('rp01\nrp03');
  });
});

describe('output that cannot be written', () => {
  it.skipIf(!existsSync('/dev/full'))('is an error: a disk that is full', async () => {
    const { exitCode, stderr } = await folder.sh('perfplay doc > /dev/full');
    expect(stderr).toBe('error: standard output cannot be written: ENOSPC');
    expect(exitCode).toBe(1);
  });

  it('is none: a reader that has seen enough', async () => {
    const { stdout, stderr } = await folder.sh(
      '{ perfplay inventory --list -i inventories/lab.yml; echo $? >&2; } | head -1',
    );
    expect([stdout, stderr]).toEqual(['{', '0']);
  });
});
