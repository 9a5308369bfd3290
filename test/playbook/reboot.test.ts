import { describe, expect, it } from 'vitest';
import { tasksOf } from '../../src/playbook/sequence.ts';
import reboot from '../../modules/reboot/index.ts';
import { compile, modules, siteOf } from './site.ts';

const options = { modules: new Map([...modules, ['reboot', reboot]]) };

const play = (keys: string): string => `- hosts: all
  become: true
  serial: 1
${keys}
  tasks:
    - program: {argv: [a]}
`;

describe('reboot of a play', () => {
  it('is the last part, after the handlers, with what comes before and after it', () => {
    const text = play(`  reboot: when-required
  max_down: {hosts: 25%, per: rack}
  drain: [{name: out, program: {argv: [a]}}]
  post_reboot: [{name: check, program: {argv: [a]}}]
  undrain: [{name: in, program: {argv: [a]}}]
  handlers: [{name: h, program: {argv: [a]}}]`);
    const [first] = siteOf(text, options).plays;
    expect(first!.sequence.map(({ kind }) => kind)).toEqual(['task', 'flush-handlers', 'reboot']);
    expect(tasksOf(first!.sequence).map(({ name }) => name)).toEqual(['program', 'out', 'Reboot', 'check', 'in']);
    expect(first!.maxDown).toMatchObject({ size: { percent: 25 }, per: 'rack' });
  });

  it.each([
    ['drain: [{program: {argv: [a]}}]', 'missing-key'],
    ['max_down: 1', 'missing-key'],
    ['reboot: always', 'not-allowed'],
    ['reboot: {when: always}', 'unknown-key'],
    ['{reboot: when-required, max_down: 0}', 'wrong-type'],
    ['{reboot: when-required, drain: [{run_once: true, program: {argv: [a]}}]}', 'not-allowed'],
    ['{reboot: when-required, max_down: some}', 'wrong-type'],
    ['{reboot: when-required, max_down: {host: 1}}', 'wrong-type'],
  ])('%s is refused: %s', (keys, code) => {
    const lines = keys.startsWith('{') ? keys.slice(1, -1).split(/, (?=max_down|drain)/) : [keys];
    const { diagnostics } = compile(play(lines.map((line) => `  ${line}`).join('\n')), options);
    expect(diagnostics.map((one) => one.code)).toEqual([code]);
  });

  it('takes the seconds until the host must be up again', () => {
    const [first] = siteOf(play('  reboot: {timeout: 1200}'), options).plays;
    const boot = tasksOf(first!.sequence).at(-1)!;
    expect(boot).toMatchObject({ module: { kind: 'reboot' }, params: { source: { timeout: 1200 } } });
  });

  const warnings = (keys: string, tasks = '') =>
    compile(`${play(keys)}${tasks}`, options).diagnostics.map(({ code, severity }) => `${severity} ${code}`);

  it('is not told that max_down needs it where a task boots the host', () => {
    expect(warnings('  max_down: 1', '    - reboot: {}\n')).toEqual([]);
  });

  it('warns of a task that boots the host past drain', () => {
    const keys = '  reboot: when-required\n  drain: [{program: {argv: [a]}}]';
    expect(warnings(keys, '    - reboot: {}\n')).toEqual(['warning unattended-reboot']);
    expect(warnings('  reboot: when-required', '    - reboot: {}\n')).toEqual([]);
  });

  it('warns where hosts lack the variable that groups them', () => {
    expect(warnings('  reboot: when-required\n  max_down: {hosts: 1, per: rak}')).toEqual([
      'warning undefined-variable',
    ]);
  });
});
