import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/report/events.ts';
import { begin, change, ended, finish, hostNames, recap, task, print } from './streams.ts';

describe('failures', () => {
  const refused = change('irq_affinity/ens1f0/TxRx-3', '0', '3', {
    failed: { reason: 'refused', message: 'EIO: managed' },
  });
  const events: readonly Event[] = [
    ...begin(['kvm01', 'kvm02', 'kvm03']),
    ...['kvm01', 'kvm02'].flatMap((host) => [
      task(host, 'irq_affinity', 19, {
        outcome: 'failed',
        reason: 'refused',
        message: 'EIO ens1f0-TxRx-3\nexclude the device, or let the driver decide',
        changes: [refused],
      }),
      ended(host, 'failed', { recap: recap({ failed: 1 }) }),
    ]),
    ended('kvm03', 'unreachable', {
      message: 'ECONNREFUSED 127.0.0.1:2404',
      hint: 'is sshd up?',
      recap: recap({ ok: 0, unreachable: 1 }),
    }),
    finish(6),
  ];

  it('are told as they come, with what to do', async () => {
    const lines = await print(events);
    expect(lines).toContain(' failed  kvm01  site.yml:19  irq_affinity  refused: EIO ens1f0-TxRx-3');
    const at = lines.indexOf(' UNREACHABLE  kvm03  ECONNREFUSED 127.0.0.1:2404');
    expect(at).toBeGreaterThan(0);
    expect(lines[at + 1]).toBe('    is sshd up?');
  });

  it('are grouped at the end with reason, what was refused, and hint', async () => {
    const lines = await print(events);
    const at = lines.indexOf('✗ site.yml:19 irq_affinity  refused: EIO ens1f0-TxRx-3  kvm01 kvm02');
    expect(lines.slice(at + 1, at + 3)).toEqual([
      '    irq_affinity ens1f0 TxRx-3 0→3 [running boot]: EIO: managed',
      '    exclude the device, or let the driver decide',
    ]);
    expect(lines).toContain('✗ UNREACHABLE  ECONNREFUSED 127.0.0.1:2404  kvm03');
    expect(lines.at(-2)).toBe('2 failed · 1 unreachable · 00:12');
  });

  it('cannot write to the terminal by themselves', async () => {
    const message = 'no\u001b[2J\u001b[1;1H\u009b31m\r\u202e pwned\u2028';
    const text = (
      await print([...begin(['a']), ended('a', 'unreachable', { message, hint: message }), finish(4)])
    ).join('\n');
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
    expect(text).toContain('pwned');
  });
});

describe('hosts that are not reached', () => {
  const unreachable = (host: string, message: string, hint: string): Event =>
    ended(host, 'unreachable', { message, hint, recap: recap({ ok: 0, unreachable: 1 }) });

  it('for one reason are one line, though each has an address of its own', async () => {
    const hosts = hostNames(30);
    const events = hosts.map((host, at) =>
      at % 2 === 0
        ? unreachable(host, `ECONNREFUSED 10.0.0.${at}:22`, 'is sshd up?')
        : unreachable(host, `10.0.0.${at}:22 shows the unknown key SHA256:a+b/${at}x`, `perfplay trust ${host}`),
    );
    const lines = await print([...begin(hosts), ...events, finish(4)]);
    expect(lines.filter((line) => line.startsWith('✗'))).toEqual([
      expect.stringMatching(/^✗ UNREACHABLE {2}ECONNREFUSED 10\.0\.0\.…:22 {2}15 hosts \[A\]$/),
      expect.stringMatching(/^✗ UNREACHABLE {2}10\.0\.0\.…:22 shows the unknown key … {2}15 hosts \[B\]$/),
    ]);
    expect(lines.filter((line) => line === '    is sshd up?' || line === '    perfplay trust kvm…')).toHaveLength(2);
  });

  it('for different reasons are told apart', async () => {
    const events = [
      unreachable('a', 'ECONNREFUSED 10.0.0.1:22', 'is sshd up?'),
      unreachable('b', 'ETIMEDOUT 10.0.0.1:22', 'is sshd up?'),
    ];
    const lines = await print([...begin(['a', 'b']), ...events, finish(4)]);
    expect(lines.filter((line) => line.startsWith('✗'))).toEqual([
      '✗ UNREACHABLE  ECONNREFUSED 10.0.0.1:22  a',
      '✗ UNREACHABLE  ETIMEDOUT 10.0.0.1:22  b',
    ]);
  });
});

describe('warnings', () => {
  it('are told once, with the hosts', async () => {
    const warnings = ['ens1f1 has managed interrupts'];
    const results = ['a', 'b'].map((host) => task(host, 'irq_affinity', 19, { warnings }));
    const lines = await print([...begin(['a', 'b']), ...results, finish()]);
    expect(lines.filter((line) => line.includes('managed'))).toEqual([
      '! site.yml:19  warning: ens1f1 has managed interrupts  a b',
    ]);
  });

  it('of the playbook are shown with their line, where its text is known', async () => {
    const position = { file: 'site.yml', line: 2, column: 3, length: 3 };
    const diagnostic = { code: 'unknown-key', severity: 'warning', message: 'odd key', position } as const;
    const source = (file: string): string | undefined => (file === 'site.yml' ? 'one\n  two\n' : undefined);
    const lines = await print([...begin(['a']), { type: 'diagnostic', diagnostic }, finish()], { source });
    const at = lines.indexOf('site.yml:2:3: warning: odd key [unknown-key]');
    expect(lines.slice(at + 1, at + 3)).toEqual(['  2 |   two', '    |   ^^^']);
  });

  it('and diagnostics are shown with their place', async () => {
    const diagnostic = {
      code: 'undefined-variable',
      severity: 'error',
      message: 'x is undefined',
      position: { file: 'site.yml', line: 4, column: 2 },
    } as const;
    const lines = await print([
      ...begin(['a']),
      { type: 'diagnostic', diagnostic },
      { type: 'diagnostic', diagnostic },
      finish(1),
    ]);
    expect(lines.filter((line) => line.includes('x is undefined'))).toEqual([
      'site.yml:4:2: error: x is undefined [undefined-variable]',
    ]);
  });
});
