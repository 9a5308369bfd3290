import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startLab, type Lab } from '../lab/hosts.ts';
import { createSite, e2eProblem, titled, type Site } from './perfplay.ts';

const good = `- name: All
  hosts: racks
  become: true
  tasks:
    - name: Limits
      sysctl: {values: {vm.swappiness: 1}}
`;
const task = (text: string): string => `- name: All\n  hosts: racks\n  become: true\n  tasks:\n    - ${text}\n`;

/** What is wrong; the playbook; where, by which code, what the carets stand under, and what the hint offers. */
const cases: readonly (readonly [
  name: string,
  site: string,
  at: string,
  code: string,
  under: string,
  hint?: string,
])[] = [
  ['a typo in a parameter', task('cpufreq: {govenor: x}'), '5:17', 'unknown-parameter', 'govenor', "'governor'"],
  ['a typo in a task', task('ksm: {run: off}\n      notfy: x'), '6:7', 'unknown-key', 'notfy', "'notify'"],
  ['a typo in a play', good.replace('become', 'becom'), '3:3', 'unknown-key', 'becom', "'become'"],
  [
    'an undefined variable',
    task('cpufreq: {governor: "{{ govenor }}"}'),
    '5:31',
    'undefined-variable',
    'govenor',
    "'governor'",
  ],
  [
    'a variable that is undefined deep down',
    task('sysctl: {values: {vm.swappiness: "{{ limits.swap.wanted }}"}}'),
    '5:56',
    'undefined-variable',
    'wanted',
  ],
  ['a wrong type', task('block_queue: {devices: {name: sda}, nomerges: often}'), '5:53', 'wrong-type', 'often'],
  ['a value out of range', task('block_queue: {devices: {name: sda}, nomerges: 3}'), '5:53', 'wrong-type', '3'],
  ['a boolean for a sysctl', task('sysctl: {values: {net.ipv4.ip_forward: yes}}'), '5:46', 'quote-it', 'yes', '"yes"'],
  ['a pattern that matches nobody', good.replace('racks', 'rakcs'), '2:10', 'unknown-host', 'rakcs', 'racks'],
  ['a duplicate key', good.replace('tasks:', 'hosts: all\n  tasks:'), '4:3', 'duplicate-key', 'hosts'],
  ['an unknown module', task('sysclt: {values: {vm.swappiness: 1}}'), '5:7', 'unknown-module', 'sysclt', "'sysctl'"],
  ['a bad expression', task('ksm: {run: off}\n      when: "nodes == "'), '6:22', 'bad-expression', ' '],
  ['an unclosed template', task('cpufreq: {governor: "{{ governor }"}'), '5:40', 'bad-expression', '}'],
  ['a tab', good.replace('    - name', '\t- name'), '5:1', 'yaml-tab', ' ', 'spaces'],
  [
    'a handler that nobody has',
    task('ksm: {run: off}\n      notify: Restart all'),
    '6:15',
    'unknown-handler',
    'Restart all',
  ],
  [
    'a kernel line for several hosts without a canary',
    task('kernel_cmdline: {present: ["nohz=off"]}'),
    '5:7',
    'canary',
    'kernel_cmdline',
    'serial: [1, 100%]',
  ],
];

describe.skipIf(e2eProblem)(titled('errors in what people wrote'), () => {
  let lab: Lab;
  let site: Site;
  beforeAll(async () => {
    lab = await startLab([
      { name: 'one', groups: ['racks'] },
      { name: 'two', groups: ['racks'] },
    ]);
    site = createSite(lab);
    site.write('group_vars/all.yml', 'governor: performance\nlimits:\n  swap: {}\nnodes: 2\n');
  });
  // The one thing that holds for each of them: nobody is contacted.
  afterEach(async () => {
    for (const host of lab.hosts) expect(await host.connections(), host.name).toBe(0);
  });
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  /** Exit 1, nothing on stdout, no stack: gives what stands on stderr. */
  const refused = async (...words: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await site.perfplay(...words);
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).not.toMatch(/internal error|\n\s+at /);
    return stderr;
  };

  test.each(cases)('%s', async (_name, text, at, code, under = '', hint = '') => {
    site.write('site.yml', text);
    const [head = '', shown = '', carets = '', advice = ''] = (await refused('run', 'site.yml')).split('\n');
    expect(head).toMatch(new RegExp(`^site\\.yml:${at}: error: .+ \\[${code}\\]$`));
    const from = carets.indexOf('^');
    expect(shown.slice(from, from + under.length)).toBe(under);
    expect(carets.trimEnd().length - from).toBe(under.length);
    expect(advice).toContain(hint);
  });

  test('a duplicate key in a file of variables', async () => {
    site.write('site.yml', good);
    site.write('group_vars/racks.yml', 'swap: 1\nother: 2\nswap: 3\n');
    expect(await refused('run', 'site.yml')).toMatch(/group_vars\/racks\.yml:3:1: error: .*swap/);
    site.write('group_vars/racks.yml', '{}\n');
  });

  test('a playbook, an inventory and a file of variables that do not exist', async () => {
    site.write('site.yml', good);
    expect(await refused('run', 'ste.yml')).toMatch(/ste\.yml/);
    expect(await refused('run', 'site.yml', '-i', 'hots.yml')).toMatch(/hots\.yml/);
    expect(await refused('run', 'site.yml', '-e', '@missing.yml')).toMatch(/missing\.yml/);
  });

  test('a limit that leaves nobody', async () => {
    site.write('site.yml', good);
    expect(await refused('run', 'site.yml', '-l', 'tow')).toMatch(/tow[^]*two/);
  });

  test('every error of every file at once', async () => {
    site.write('site.yml', task('cpufreq: {govenor: performance}\n    - ksn: {run: off}\n    - ksm: {run: sometimes}'));
    const stderr = await refused('run', 'site.yml');
    for (const line of [5, 6, 7]) expect(stderr).toContain(`site.yml:${line}:`);
    expect(stderr).toMatch(/3 errors; no host was contacted/);
  });

  test('validate says the same as run, and that a good playbook is valid', async () => {
    site.write('site.yml', good.replace('sysctl', 'sysclt'));
    expect(await refused('validate', 'site.yml')).toBe(await refused('run', 'site.yml'));
    site.write('site.yml', good);
    const { exitCode, stdout } = await site.perfplay('validate', 'site.yml');
    expect([exitCode, stdout]).toEqual([0, 'site.yml: 1 plays, 1 tasks, 2 hosts: valid']);
  });

  test('an unknown option, and a choice that is none', async () => {
    expect(await refused('run', 'site.yml', '--exepct-no-changes')).toMatch(/--expect-no-changes/);
    expect(await refused('run', 'site.yml', '--output', 'xml')).toMatch(/live, plain, jsonl, json/);
  });
});
