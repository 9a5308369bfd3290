import { describe, expect, it } from 'vitest';
import { begin, ended, finish, hostNames, print, recap, task } from './streams.ts';

describe('what tasks say', () => {
  it('comes in the log of a run, and at the end each text once with its hosts', async () => {
    const lines = await print([
      ...begin(['a', 'b', 'c']),
      task('a', 'debug', 4, { name: 'Rack', output: 'rack 7' }),
      task('b', 'debug', 4, { name: 'Rack', output: 'rack 7' }),
      task('c', 'debug', 4, { name: 'Rack', output: 'two\nlines' }),
      finish(),
    ]);
    expect(lines).toContain(' says  a  site.yml:4  debug Rack  rack 7');
    expect(lines.filter((line) => line.startsWith('site.yml:4'))).toEqual([
      'site.yml:4  debug Rack  rack 7  a b',
      'site.yml:4  debug Rack  two     c',
    ]);
    expect(lines.at(lines.indexOf('site.yml:4  debug Rack  two     c') + 1)).toBe('    lines');
  });

  it('is left to the end where the hosts are many', async () => {
    const hosts = hostNames(400);
    const lines = await print([
      ...begin(hosts),
      ...hosts.map((host) => task(host, 'debug', 4, { output: 'hello' })),
      finish(),
    ]);
    expect(lines.filter((line) => line.includes('hello'))).toHaveLength(1);
  });

  it('cannot draw on the terminal', async () => {
    const lines = await print([...begin(['a']), task('a', 'debug', 4, { output: '\u001b[2Jgone' }), finish()]);
    expect(lines.join('')).not.toContain('\u001b');
  });
});

describe('a rescued failure', () => {
  it('is called so, and the host has not failed', async () => {
    const lines = await print([
      ...begin(['a']),
      task('a', 'command', 4, { outcome: 'failed', reason: 'error', message: 'exit code 1', rescued: true }),
      ended('a', 'ok', { recap: recap({ ok: 2, rescued: 1 }) }),
      finish(),
    ]);
    expect(lines).toContain(' rescued  a  site.yml:4  command  error: exit code 1');
    expect(lines).toContain('a : ok=2 changed=0 unreachable=0 failed=0 skipped=0 rescued=1 ignored=0');
    expect(lines.some((line) => /1 failed/.test(line))).toBe(false);
  });
});

describe('a task done on another host', () => {
  it('names both', async () => {
    const lines = await print([
      ...begin(['a']),
      task('a', 'command', 4, { outcome: 'changed', delegate: 'balancer' }),
      finish(),
    ]);
    expect(lines).toContain(' changed  a on balancer  site.yml:4  command ran');
  });
});

describe('a plan of what cannot be known', () => {
  it('names the task that must have run first', async () => {
    const lines = await print([
      ...begin(['a'], { command: 'plan' }),
      task('a', 'sysctl', 9, { outcome: 'changed', unknown: true, waitsFor: 'Read the version' }),
      finish(),
    ]);
    expect(lines).toContain('site.yml:9  ? sysctl unknown until "Read the version" has run  a');
  });
});
