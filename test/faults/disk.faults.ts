import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { e2eProblem, titled } from '../e2e/perfplay.ts';
import type { LabHost } from '../lab/host.ts';
import { type Bench, startBench, type Target } from './bench.ts';
import { node } from './site.ts';
import { printTable, type Row } from './table.ts';
import { runTrials, type Trial } from './trial.ts';

/** A file system of its own with what the folder has. */
const ownDisk = (host: LabHost, folder: string): Promise<string> =>
  host.sh(
    `case $1 in /run) exec mount -o remount,size=1m /run ;; esac
    mkdir -p "$1" && cp -a "$1" /run/faults/moved && mount -t tmpfs -o size=12m lab "$1" && cp -a /run/faults/moved/. "$1" && rm -rf /run/faults/moved`,
    folder,
  );
const fill = (host: LabHost, folder: string): Promise<string> =>
  host.sh(
    '! dd if=/dev/zero of="$1/filler" bs=4k 2>/dev/null && ! { echo x >"$1/probe"; } 2>/dev/null; rm -f "$1/probe"',
    folder,
  );

const full = /No space left on device/;
const readOnly = /Read-only file system/;

describe.skipIf(e2eProblem)(titled('disks that take no writes'), () => {
  let bench: Bench;
  const rows: Row[] = [];
  beforeAll(async () => {
    bench = await startBench(
      Array.from({ length: 8 }, (_, index) => {
        const shell = (['dash', 'bash', 'busybox', 'mksh'] as const)[index % 4]!;
        return node(`d${index + 1}`, { shell, ...(shell === 'busybox' && { userland: 'busybox' }) });
      }),
    );
  });
  afterAll(async () => {
    printTable('Disks, files and clocks', rows);
    await bench?.stop();
  });
  const see = async (trials: readonly Trial[]): Promise<void> => {
    const ran = await runTrials(
      bench,
      trials.map((trial, index) => ({ ...trial, host: bench.targets[index % bench.targets.length]!.name })),
    );
    rows.push(...ran.rows);
    expect(ran.problems).toEqual([]);
  };
  const trial = (fault: string, stage: string, more: Partial<Trial>): Trial => ({
    fault,
    stage,
    host: '',
    injected: () => true,
    allowed: ['failed'],
    says: /./,
    ...more,
  });
  const unmount =
    (folder: string) =>
    async ({ host }: Target): Promise<void> =>
      void (await host.sh('umount "$1"', folder));

  /** From the beginning, or from the moment when the boot menu is made. What stands on the small disk is judged there, and lost with it. */
  const fullDisk = (folder: string, stage: 'from the start' | 'mid-apply', more: Partial<Trial> = {}): Trial =>
    trial(`${folder} is full`, stage, {
      says: full,
      prepare: async ({ host, hold }) => {
        await ownDisk(host, folder);
        if (stage === 'mid-apply') await hold('apply');
        else await fill(host, folder);
      },
      ...(stage === 'mid-apply' && {
        drive: async ({ host, reached, release }: Target) => {
          if (!(await reached('apply'))) throw new Error('no boot menu was made');
          await fill(host, folder);
          await release('apply');
        },
      }),
      undo: async ({ host }) => void (await host.sh('rm "$1/filler"', folder)),
      ...more,
    });
  test('full', () =>
    see([
      fullDisk('/etc', 'from the start'),
      fullDisk('/var/lib/perfplay', 'from the start'),
      fullDisk('/boot', 'from the start', { says: /too little space left/ }),
      fullDisk('/usr/local/lib', 'from the start'),
      fullDisk('/etc', 'mid-apply', { allowed: ['changed', 'failed'] }),
      fullDisk('/var/lib/perfplay', 'mid-apply', { allowed: ['changed', 'failed'] }),
      fullDisk('/boot', 'mid-apply'),
      fullDisk('/run', 'mid-apply', { allowed: ['changed', 'failed'] }),
    ]));

  const refused = (path: string, more: Partial<Trial> = {}): Trial =>
    trial(`${path} is read-only`, 'from the start', {
      says: readOnly,
      prepare: async ({ host }) => {
        await host.sh('mkdir -p "${1%/*}"; [ -e "$1" ] || mkdir "$1"', path);
        await host.refuse(path);
      },
      undo: unmount(path),
      ...more,
    });
  test('read-only', () =>
    see([
      refused('/etc/sysctl.d'),
      refused('/etc/default'),
      refused('/var/lib/perfplay'),
      refused('/boot/grub'),
      refused('/usr/local/lib'),
      refused('/proc/sys/vm/swappiness'),
      refused('/sys/devices/system/cpu/cpufreq/policy2/scaling_governor'),
      refused('/root', { says: /exit code|Read-only file system/ }),
    ]));

  const note = '/etc/faults-note';
  const kvm = '/etc/default/qemu-kvm';
  const instead = (fault: string, make: string, says: RegExp): Trial =>
    trial(fault, 'from the start', {
      says,
      prepare: async ({ host }) => void (await host.sh(make, note)),
      undo: async ({ host }) => void (await host.sh('rm -rf "$1"', note)),
    });
  test('files that are no files, or cannot be replaced', () =>
    see([
      trial('bind-mounted file', 'from the start', {
        says: /Device or resource busy/,
        prepare: async ({ host }) => void (await host.sh('mount --bind "$1" "$1"', kvm)),
        undo: unmount(kvm),
      }),
      trial('immutable file', 'from the start', {
        says: /Operation not permitted/,
        prepare: async ({ host }) => void (await host.sh('chattr +i "$1"', kvm)),
        undo: async ({ host }) => void (await host.sh('chattr -i "$1"', kvm)),
      }),
      trial('immutable folder', 'from the start', {
        says: /Operation not permitted/,
        prepare: async ({ host }) => void (await host.sh('chattr +i /etc/sysctl.d')),
        undo: async ({ host }) => void (await host.sh('chattr -i /etc/sysctl.d')),
      }),
      instead('a folder where a file should be', 'mkdir "$1"', /is a folder/),
      instead('a link that points nowhere', 'ln -s /nonexistent/target "$1"', /is a symbolic link to/),
    ]));

  // Reading one waits for somebody who writes.
  test('a FIFO where a file should be', () =>
    see([instead('a FIFO where a file should be', 'mkfifo "$1"', /is neither a file nor a folder/)]));

  const date = (year: number): string =>
    `#!/bin/sh\ncase $* in *+%s*) echo ${(year - 1970) * 31556952} ;; *) echo ${year} ;; esac\n`;
  const clock = (fault: string, stage: string, jumps: string): Trial =>
    trial(fault, stage, {
      allowed: ['changed'],
      prepare: async ({ host, hold }) => {
        await host.write('/usr/local/bin/date', date(2026));
        await host.sh('chmod 755 /usr/local/bin/date');
        if (stage === 'mid-apply') await hold('apply');
        else await host.write('/usr/local/bin/date', jumps);
      },
      ...(stage === 'mid-apply' && {
        drive: async ({ host, reached, release }: Target) => {
          await reached('apply');
          await host.write('/usr/local/bin/date', jumps);
          await release('apply');
        },
      }),
      undo: async ({ host }) => void (await host.sh('rm /usr/local/bin/date')),
    });
  test('a clock that jumps', () =>
    see([
      clock('the clock says 1999', 'from the start', date(1999)),
      clock('the clock says 2099', 'from the start', date(2099)),
      clock('the clock jumps ahead', 'mid-apply', date(2099)),
      clock('the clock jumps back', 'mid-apply', date(1999)),
    ]));
});
