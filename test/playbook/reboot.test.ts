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
    expect(first!.maxDown).toEqual({ size: { percent: 25 }, per: 'rack' });
  });

  it.each([
    ['drain: [{program: {argv: [a]}}]', 'missing-key'],
    ['max_down: 1', 'missing-key'],
    ['reboot: always', 'not-allowed'],
    ['{reboot: when-required, max_down: some}', 'wrong-type'],
    ['{reboot: when-required, max_down: {host: 1}}', 'wrong-type'],
  ])('%s is refused: %s', (keys, code) => {
    const lines = keys.startsWith('{') ? keys.slice(1, -1).split(/, (?=max_down)/) : [keys];
    const { diagnostics } = compile(play(lines.map((line) => `  ${line}`).join('\n')), options);
    expect(diagnostics.map((one) => one.code)).toEqual([code]);
  });
});
