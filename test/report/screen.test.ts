import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/report/events.ts';
import { lineWidth, paint } from '../../src/report/line.ts';
import { screenLines, type Size } from '../../src/report/screen.ts';
import { emptySummary, reduce } from '../../src/report/summary.ts';
import { begin, ended, hostNames, rack, recap, stage, start, task } from './streams.ts';

const sizes: readonly Size[] = [
  { columns: 80, rows: 24 },
  { columns: 200, rows: 50 },
  { columns: 40, rows: 10 },
  { columns: 20, rows: 4 },
];

const draw = (events: readonly Event[], size: Size, now: number): readonly string[] =>
  screenLines(events.reduce(reduce, emptySummary()), size, now).map((line) => paint(line, false));

const [small, large] = [sizes[0]!, sizes[1]!];

describe('screenLines', () => {
  const nasty: readonly Event[] = [
    ...begin(['日本'.repeat(40), 'b\u001b[2J', 'c'.repeat(300)], { name: '名前 '.repeat(60) }),
    stage('日本'.repeat(40), 'apply', start, '👩‍💻'.repeat(100)),
    stage('b\u001b[2J', 'apply', start, 'x\ny\u202e'.repeat(100)),
    task('c'.repeat(300), 'ksm', 4, { outcome: 'failed', reason: 'error', message: 'é\u009b'.repeat(500) }),
  ];
  const streams: readonly (readonly [string, readonly Event[]])[] = [
    ['nothing yet', []],
    ['6 hosts', rack(6)],
    ['400 hosts', rack(400)],
    ['1,000 hosts', rack(1000)],
    ['wide, long and hostile names', nasty],
    [
      'a failure of its own on each host',
      hostNames(100).reduce<readonly Event[]>(
        (events, host) => [
          ...events,
          task(host, 'ksm', 4, { outcome: 'failed', reason: 'error', message: `no ${host}` }),
        ],
        begin(hostNames(100)),
      ),
    ],
  ];
  for (const size of sizes)
    it.each(streams)(`fits ${size.columns}x${size.rows} at every moment: %s`, (_, events) => {
      const summary = emptySummary();
      const check = () => {
        const lines = screenLines(summary, size, start + 5_000);
        expect(lines.length).toBeLessThan(size.rows);
        for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(size.columns);
      };
      check();
      events.forEach((event, index) => {
        reduce(summary, event);
        if (index % 97 === 0) check();
      });
      check();
    });

  it('has a row for each of few hosts that does something, and none for the others', () => {
    const events: readonly Event[] = [
      ...begin(['kvm01', 'kvm02', 'kvm03', 'rp02'], { simulated: true }),
      stage('kvm01', 'done'),
      stage('kvm03', 'apply', start, 'block_queue  nvme0n1 [mq-deadline] → none'),
      stage('rp02', 'connect', start + 800),
      ended('kvm02', 'unreachable', { message: 'ECONNREFUSED 127.0.0.1:2404', hint: 'is sshd up?' }),
    ];
    const lines = draw(events, small, start + 2_000);
    expect(lines[0]).toMatch(/^perfplay run site\.yml {2}lab \(SIMULATED\) +00:02$/);
    expect(lines[1]).toMatch(/^Every host {2}█{8}░{8} 2\/4 {2}changed 0$/);
    expect(lines.slice(2)).toEqual([
      ' kvm03  apply    block_queue  nvme0n1 [mq-deadline] → none  2.0s',
      ' rp02   connect  1.2s',
      '✗ kvm02 UNREACHABLE  ECONNREFUSED 127.0.0.1:2404: is sshd up?',
    ]);
  });

  it('counts many hosts by stage and outcome, with pace, grouped failures and the slowest', () => {
    const hosts = hostNames(400);
    const refused = { outcome: 'failed', reason: 'refused', message: 'EIO ens1f0-TxRx-3' } as const;
    const events: readonly Event[] = [
      ...begin(hosts),
      ...hosts.slice(0, 300).map((host) => stage(host, 'connect')),
      ...hosts.slice(0, 200).map((host) => stage(host, 'done')),
      task('kvm044', 'irq_affinity', 19, refused),
      task('kvm172', 'irq_affinity', 19, refused),
      stage('kvm231', 'apply', start + 1_000, 'update-grub'),
    ];
    const lines = draw(events, large, start + 10_000);
    expect(lines[1]).toMatch(/ 200\/400 {2}20\/s {2}eta 10s$/);
    expect(lines[2]).toBe(
      'connect 99 · observe 0 · plan 0 · apply 1 · verify 0 · reboot 0 │ ok 198 changed 0 failed 2',
    );
    expect(lines[3]).toBe('✗2 site.yml:19 irq_affinity  refused: EIO ens1f0-TxRx-3  kvm044 kvm172');
    expect(lines[4]).toMatch(/^slowest kvm201 connect 10s · kvm202 connect 10s · .* {2}\(\+97\)$/);
    expect(lines).toHaveLength(5);
  });

  it('cuts the hosts of a failure to the width and says how many more there are', () => {
    const hosts = hostNames(400);
    const message = 'ECONNREFUSED 127.0.0.1:2404';
    const down = hosts
      .slice(0, 40)
      .map((host) => ended(host, 'unreachable', { message, recap: recap({ unreachable: 1 }) }));
    const failure = draw([...begin(hosts), ...down], small, start).find((line) => line.startsWith('✗'));
    expect(failure).toMatch(/^✗40 UNREACHABLE {2}ECONNREFUSED 127\.0\.0\.1:2404 {2}kvm001 .*\(\+\d+\)$/);
  });

  it('says how many different failures there is no room for', () => {
    const hosts = hostNames(100);
    const failures = hosts.map((host) =>
      task(host, 'ksm', 4, { outcome: 'failed', reason: 'error', message: `no ${host}` }),
    );
    const lines = draw([...begin(hosts), ...failures], small, start);
    const shown = lines.filter((line) => line.startsWith('✗') && line.includes('site.yml:4')).length;
    expect(lines.at(-1)).toBe(`✗ … ${100 - shown} more different failures`);
    expect(lines).toHaveLength(23);
  });
});
