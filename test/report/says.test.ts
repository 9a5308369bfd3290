import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/report/events.ts';
import { begin, ended, finish, hostNames, print, recap, task } from './streams.ts';

describe('what tasks say', () => {
  it('comes in the log of a run, once', async () => {
    const lines = await print([
      ...begin(['a', 'b', 'c']),
      task('a', 'debug', 4, { name: 'Rack', output: 'rack 7' }),
      task('b', 'debug', 4, { name: 'Rack', output: 'two\nlines' }),
      finish(),
    ]);
    const log = [' says  a  site.yml:4  debug Rack  rack 7', ' says  b  site.yml:4  debug Rack  two', '    lines'];
    const at = lines.indexOf(log[0]!);
    expect(lines.slice(at, at + 3)).toEqual(log);
    expect(lines.filter((line) => line.includes('rack 7'))).toHaveLength(1);
  });

  it('comes at the end of a plan, each text once with its hosts, in the order of the hosts', async () => {
    const lines = await print([
      ...begin(['a', 'b', 'c'], { command: 'plan' }),
      task('c', 'debug', 4, { name: 'Rack', output: 'rack 8' }),
      task('b', 'debug', 4, { name: 'Rack', output: 'two\nlines' }),
      task('a', 'debug', 4, { name: 'Rack', output: 'rack 7' }),
      task('c', 'debug', 3, { output: 'rack 7' }),
      finish(),
    ]);
    const at = lines.findIndex((line) => line.startsWith('site.yml:3'));
    expect(lines.slice(at, at + 5)).toEqual([
      'site.yml:3  debug  rack 7       c',
      'site.yml:4  debug Rack  rack 7  a',
      'site.yml:4  debug Rack  two     b',
      '    lines',
      'site.yml:4  debug Rack  rack 8  c',
    ]);
  });

  it('of a task that says another thing to each of many hosts is shown in part', async () => {
    const hosts = hostNames(400);
    const events = [
      ...begin(hosts),
      ...hosts.toReversed().map((host) => task(host, 'debug', 4, { output: `I am ${host}` })),
      finish(),
    ];
    const said = (lines: readonly string[]) => lines.filter((line) => line.includes('I am'));
    const short = await print(events);
    expect(said(short).map((line) => line.slice(-6))).toEqual(hosts.slice(0, 20));
    expect(short).toContain('site.yml:4  … 380 more different texts; --diff or --output json has all');
    expect(said(await print(events, { diff: true }))).toHaveLength(400);
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
    expect(lines).toContain('site.yml:4  command ran on balancer  a');
  });
});

describe('a host that waits', () => {
  const waits = (host: string, detail: string): Event => ({
    type: 'host-stage',
    host,
    play: 0,
    stage: 'observe',
    detail,
    time: 0,
  });
  const events = (hosts: readonly string[]): readonly Event[] => [
    ...begin(hosts),
    waits('kvm001', 'waits for port 22 open'),
    waits('kvm001', 'waits for port 22 open'),
    waits('kvm001', 'try 1 of 3 is done, the next in 5 s'),
    finish(),
  ];

  it('is told of in the log, once for each thing that it waits for', async () => {
    const lines = await print(events(hostNames(2)));
    expect(lines.filter((line) => line.startsWith(' …'))).toEqual([
      ' …  kvm001  waits for port 22 open',
      ' …  kvm001  try 1 of 3 is done, the next in 5 s',
    ]);
  });

  it('is not, among many', async () => {
    expect((await print(events(hostNames(400)))).filter((line) => line.startsWith(' …'))).toEqual([]);
  });
});

describe('a run that was interrupted', () => {
  it('calls no host ok that may not be through', async () => {
    const lines = await print([...begin(['a', 'b']), ended('a', 'ok'), ended('b', 'changed'), finish(130)]);
    expect(lines.at(-2)).toBe('1 host unchanged so far · 1 changed · 00:12');
    expect(lines.filter((line) => /\bok\b/.test(line.replace(/ok=/, '')))).toEqual([]);
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
