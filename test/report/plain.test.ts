import { describe, expect, it } from 'vitest';
import type { ReporterOptions } from '../../src/report/reporter.ts';
import type { Event } from '../../src/report/events.ts';
import {
  begin,
  change,
  ended,
  finish,
  hostNames,
  rack,
  recap,
  stage,
  task,
  print,
  governor,
  cmdline,
} from './streams.ts';

describe('the log of six hosts', () => {
  const events: readonly Event[] = [
    ...begin(['kvm01', 'kvm02', 'rp01'], { simulated: true }),
    governor('kvm01'),
    cmdline('kvm01'),
    governor('kvm02'),
    cmdline('kvm02'),
    task('rp01', 'cpufreq', 8),
    ...['kvm01', 'kvm02', 'rp01'].map((host) => stage(host, 'done')),
    ended('kvm01', 'changed', { recap: recap({ changed: 5, pending: ['reboot'] }) }),
    ended('kvm02', 'changed', { recap: recap({ changed: 5, pending: ['reboot'] }) }),
    ended('rp01', 'ok'),
    finish(),
  ];

  it('says SIMULATED at the head and in the last line', async () => {
    const lines = await print(events);
    expect(lines[0]).toBe('perfplay run site.yml  lab (SIMULATED)  3 hosts');
    expect(lines.at(-2)).toBe('1 host ok, nothing changed · 2 changed · 00:12 · SIMULATED');
  });

  it('has a line for each change as it comes, one for all CPUs of a host', async () => {
    const lines = await print(events);
    expect(lines).toContain(
      ' changed  kvm01  site.yml:8  cpufreq policy0-255 scaling_governor powersave→performance [running boot]',
    );
    expect(lines.filter((line) => line.startsWith(' changed  kvm01'))).toHaveLength(2);
  });

  it('ends with every distinct change once, its level, line and hosts, and the recap', async () => {
    const lines = await print(events);
    const text = lines.join('\n');
    expect(text).toMatch(
      /^site\.yml:8 +cpufreq policy0-255 scaling_governor powersave→performance \[running boot\] +kvm01 kvm02$/m,
    );
    expect(text).toMatch(/^site\.yml:12 +kernel_cmdline max_cstate 9→1 \[boot\] PENDING REBOOT +kvm01 kvm02$/m);
    expect(lines).toContain('PENDING REBOOT  kvm01 kvm02');
    expect(lines).toContain(
      'kvm01 : ok=6 changed=5 unreachable=0 failed=0 skipped=0 rescued=0 ignored=0 pending=reboot',
    );
    expect(lines).toContain('rp01  : ok=6 changed=0 unreachable=0 failed=0 skipped=0 rescued=0 ignored=0');
  });

  it('says nothing of converged hosts but their number', async () => {
    const lines = await print(events);
    expect(lines).toContain(' 1 ok, 2 changed');
    expect(lines.filter((line) => line.includes('rp01')).map((line) => line.slice(0, 6))).toEqual(['rp01  ']);
  });
});

describe('many hosts', () => {
  it('are shown by counts and groups: the log of 400 hosts is short', async () => {
    const lines = await print([...rack(400), finish(6)]);
    expect(lines.length).toBeLessThan(50);
    expect(lines.filter((line) => line.startsWith(' changed '))).toEqual([]);
    expect(lines).toContain(' 258 ok, 130 changed, 4 failed, 8 unreachable');
    const totals = lines.at(-2);
    expect(totals).toBe('258 hosts ok, nothing changed · 130 changed · 4 failed · 8 unreachable · 00:12');
  });

  it('name each host of a change exactly once, under a letter where the list is long', async () => {
    const lines = await print([...rack(400), finish(6)]);
    const group = lines.find((line) => line.startsWith('site.yml:8'));
    const letter = /130 hosts (\[[A-Z]\])$/.exec(group ?? '')?.[1];
    const legend = lines.find((line) => line.startsWith(`${letter} `));
    expect(legend?.split(' ')).toHaveLength(131);
    expect(legend).toContain(' kvm001 kvm007 ');
  });

  it('of a very long list are cut on a terminal, and whole in a log or with --diff', async () => {
    const legend = async (options: ReporterOptions): Promise<string> => {
      const text = (await print([...rack(400), finish(6)], options)).join('\n');
      return /^\[A\] ([^]*?)\n\S*\n/m.exec(text)![1]!.replaceAll(/\s+/g, ' ');
    };
    expect(await legend({ columns: 80 })).toMatch(
      /^kvm001 kvm007 (kvm\d+ ){38}… 90 more; --diff or --output json has all/,
    );
    expect(await legend({ columns: 80, diff: true })).toMatch(/^(kvm\d+ ?){130}$/);
    expect(await legend({})).toMatch(/^(kvm\d+ ?){130}$/);
  });

  it('that changed nothing are one line', async () => {
    const hosts = hostNames(1000);
    const quiet = hosts.flatMap((host) => [task(host, 'cpufreq', 8), stage(host, 'done'), ended(host, 'ok')]);
    const lines = await print([...begin(hosts), ...quiet, finish()]);
    expect(lines.filter((line) => line !== '')).toEqual([
      'perfplay run site.yml  lab  1000 hosts',
      'Every host: 1000 hosts',
      ' 1000 ok',
      '1000 hosts ok, nothing changed · 00:12',
    ]);
  });

  it('that wait for many virtual machines say so in a short recap', async () => {
    const pending = Array.from({ length: 40 }, (_, vm) => `restart:vm${vm + 1}`);
    const lines = await print([
      ...begin(['a']),
      ended('a', 'ok', { recap: recap({ pending: ['reboot', ...pending] }) }),
      finish(),
    ]);
    expect(lines.find((line) => line.startsWith('a : '))).toMatch(/ pending=reboot,restart:vm\[1:40\]$/);
  });

  it('have one recap line for equal recaps', async () => {
    const hosts = hostNames(30);
    const all = hosts.map((host) => ended(host, 'changed', { recap: recap({ changed: 1 }) }));
    const lines = await print([...begin(hosts), ...all, finish()]);
    expect(lines.filter((line) => line.includes(' : ok='))).toEqual([
      'all 30 hosts : ok=6 changed=1 unreachable=0 failed=0 skipped=0 rescued=0 ignored=0',
    ]);
  });
});

describe('a plan', () => {
  const events: readonly Event[] = [
    ...begin(['a'], { command: 'plan' }),
    task('a', 'sysctl', 3, {
      changes: [
        change('sysctl/vm.swappiness', '60', '1'),
        change('sysctl/x.new', null, '1'),
        change('sysctl/x.old', '1', null),
      ],
    }),
    task('a', 'command', 9, { name: 'Rebuild caches', unknown: true, outcome: 'changed' }),
    stage('a', 'done'),
    ended('a', 'changed', { recap: recap({ changed: 2 }) }),
    finish(),
  ];

  it('speaks of what would be, with marks', async () => {
    const text = (await print(events)).join('\n');
    expect(text).toContain('~ sysctl vm.swappiness 60→1');
    expect(text).toContain('+ sysctl x.new absent→1');
    expect(text).toContain('- sysctl x.old 1→absent');
    expect(text).toContain('? command Rebuild caches unknown until run');
    expect(text).toContain('1 would change · 00:12');
    expect(text).not.toMatch(/ changed {2}a/);
  });
});

describe('a plan of few hosts', () => {
  it('says each change once: nothing is waited for that a line would announce', async () => {
    const changes = [change('sysctl/vm.swappiness', '60', '1')];
    const results = ['a', 'b'].map((host) => task(host, 'sysctl', 3, { changes }));
    const lines = await print([...begin(['a', 'b'], { command: 'plan' }), ...results, finish()]);
    expect(lines.filter((line) => line.includes('vm.swappiness'))).toEqual([
      'site.yml:3  ~ sysctl vm.swappiness 60→1 [running boot]  a b',
    ]);
  });
});

describe('values', () => {
  const plan = (
    before: string | null,
    after: string | null,
    options: ReporterOptions = {},
  ): Promise<readonly string[]> =>
    print(
      [...begin(['a']), task('a', 'file', 3, { changes: [change('file//etc/app.conf', before, after)] }), finish()],
      options,
    );

  it('of several lines are counted, and shown as a diff with --diff', async () => {
    const short = await plan('a\nb\nc\n', 'a\nB\nc\n');
    expect(short.join('\n')).toContain('file /etc/app.conf +1 -1 lines [running boot]');
    expect(short).not.toContain('    - b');
    const long = await plan('a\nb\nc\n', 'a\nB\nc\n', { diff: true });
    expect(long.filter((line) => /^ {4}[-+ ] /.test(line))).toEqual(['      a', '    - b', '    + B', '      c']);
  });

  it('that are long are cut to where they differ, and whole with --diff', async () => {
    const same = 'quiet '.repeat(30);
    const short = await plan(`${same}one`, `${same}two`);
    expect(short.every((line) => line.length < 200)).toBe(true);
    expect(short.join('\n')).toMatch(/…[quiet ]+one→…[quiet ]+two/);
    expect(await plan(`${same}one`, `${same}two`, { diff: true })).toContain(`    - ${same}one`);
  });

  it('that are empty or have spaces at their ends are quoted', async () => {
    expect((await plan('', ' x')).join('\n')).toContain('""→" x"');
  });

  it('of one family are one line, those of different hosts at most twenty', async () => {
    const queues = Array.from({ length: 64 }, (_, queue) =>
      change(`irq_affinity/ens1f0/TxRx-${queue}`, '0-63', String(queue)),
    );
    const one = await print([...begin(['a']), task('a', 'irq_affinity', 3, { changes: queues }), finish()]);
    const text = 'irq_affinity ens1f0 TxRx-{0-63} 64 values, 0-63→0 … 0-63→63 [running boot]';
    expect(one.filter((line) => line.includes('TxRx'))).toEqual([
      ` changed  a  site.yml:3  ${text}`,
      `site.yml:3  ${text}  a`,
    ]);

    const hosts = hostNames(400);
    const own = hosts.map((host, index) =>
      task(host, 'sysctl', 3, { changes: [change('sysctl/vm.x', String(index), '-1')] }),
    );
    const many = await print([...begin(hosts), ...own, finish()]);
    expect(many.filter((line) => line.startsWith('site.yml:3'))).toHaveLength(21);
    expect(many.join('\n')).toContain('… 380 more different changes');
  });
});

it('says why hosts were left out', async () => {
  const stopped = '1 of 1 hosts of batch 1 failed';
  const lines = await print([
    ...begin(['a', 'b']),
    ended('a', 'failed'),
    { type: 'run-ended', exit: 2, elapsed: 0, stopped },
  ]);
  expect(lines).toContain(`stopped: ${stopped}`);
  expect(lines.at(-2)).toBe('1 failed · 1 left out · 00:00');
});

it('never moves the cursor, and colours only when told', async () => {
  const plain = await print([...rack(6), finish()]);
  expect(plain.join('')).not.toContain('\u001b');
  const coloured = (await print([...rack(6), finish()], { colour: true })).join('\n');
  expect(coloured).toContain('\u001b[');
  // eslint-disable-next-line no-control-regex
  expect(coloured.replace(/\u001b\[\d+m/g, '')).not.toContain('\u001b');
});
