import { Writable } from 'node:stream';
import type { Change, Event, HostEnded, Recap, TaskResult } from '../../src/report/events.ts';
import { createReporter, type ReporterOptions } from '../../src/report/reporter.ts';

/** 2026-01-01T00:00:00Z in milliseconds: when the streams of these tests begin. */
export const start = Date.UTC(2026, 0, 1);

/** `kvm001` … */
export const hostNames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `kvm${String(index + 1).padStart(3, '0')}`);

export const begin = (
  hosts: readonly string[],
  more: { readonly command?: 'run' | 'check' | 'plan'; readonly simulated?: boolean; readonly name?: string } = {},
): readonly Event[] => [
  {
    type: 'run-started',
    run: '20260101-1',
    command: more.command ?? 'run',
    playbook: 'playbooks/site.yml',
    inventory: ['inventories/lab.yml'],
    hosts,
    simulated: more.simulated ?? false,
    time: new Date(start).toISOString(),
  },
  { type: 'play-started', play: 0, name: more.name ?? 'Every host', hosts, batches: 1 },
  { type: 'batch-started', play: 0, batch: 1, hosts },
];

export const stage = (host: string, name: 'connect' | 'apply' | 'done', time = start, detail?: string): Event => ({
  type: 'host-stage',
  host,
  play: 0,
  stage: name,
  time,
  ...(detail !== undefined && { detail }),
});

export const change = (
  key: string,
  before: string | null,
  after: string | null,
  more: Partial<Change> = {},
): Change => ({
  key,
  levels: ['running', 'boot'],
  before,
  after,
  ...more,
});

export const task = (host: string, module: string, line: number, more: Partial<TaskResult> = {}): TaskResult => ({
  type: 'task',
  host,
  play: 0,
  task: `0.${line}`,
  name: module,
  module,
  position: { file: 'playbooks/site.yml', line, column: 7 },
  outcome: more.changes && more.changes.length > 0 ? 'changed' : 'ok',
  changes: [],
  pending: [],
  warnings: [],
  ...more,
});

export const recap = (more: Partial<Recap> = {}): Recap => ({
  ok: 6,
  changed: 0,
  unreachable: 0,
  failed: 0,
  skipped: 0,
  rescued: 0,
  ignored: 0,
  pending: [],
  ...more,
});

export const ended = (host: string, status: HostEnded['status'], more: Partial<HostEnded> = {}): HostEnded => ({
  type: 'host-ended',
  host,
  status,
  recap: recap(),
  ...more,
});

export const finish = (exit = 0): Event => ({ type: 'run-ended', exit, elapsed: 12_000 });

/** A rack where every third host changes, every fiftieth is down and one in a hundred is refused a write. */
export const rack = (count: number): readonly Event[] => {
  const hosts = hostNames(count);
  const results = hosts.flatMap((host, index): readonly Event[] => {
    const down = {
      message: 'ECONNREFUSED 127.0.0.1:2404',
      hint: 'is sshd up?',
      recap: recap({ ok: 0, unreachable: 1 }),
    };
    if (index % 50 === 3) return [stage(host, 'connect'), ended(host, 'unreachable', down)];
    if (index % 100 === 5) {
      const refused = {
        outcome: 'failed',
        reason: 'refused',
        message: 'EIO ens1f0-TxRx-3\nthe interrupt is managed',
      } as const;
      return [
        stage(host, 'apply'),
        task(host, 'irq_affinity', 19, refused),
        ended(host, 'failed', { recap: recap({ failed: 1 }) }),
      ];
    }
    if (index % 3 !== 0) return [task(host, 'cpufreq', 8), stage(host, 'done'), ended(host, 'ok')];
    const changes = [change('cpufreq/policy0/scaling_governor', 'powersave', 'performance')];
    return [
      task(host, 'cpufreq', 8, { changes }),
      stage(host, 'done'),
      ended(host, 'changed', { recap: recap({ changed: 1 }) }),
    ];
  });
  return [...begin(hosts), ...results];
};

/** A terminal or a pipe that keeps what is written to it, one entry a write. */
export class FakeOutput extends Writable {
  readonly chunks: string[] = [];
  readonly isTTY: boolean;
  columns: number;
  rows: number;
  constructor(size?: { readonly columns: number; readonly rows: number }) {
    super({ decodeStrings: false });
    this.isTTY = size !== undefined;
    this.columns = size?.columns ?? 0;
    this.rows = size?.rows ?? 0;
  }
  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.chunks.push(String(chunk));
    done();
  }
  text(): string {
    return this.chunks.join('');
  }
}

export const print = async (events: readonly Event[], options: ReporterOptions = {}): Promise<readonly string[]> => {
  const output = new FakeOutput();
  const reporter = await createReporter('plain', output, { colour: false, ...options });
  for (const event of events) reporter.emit(event);
  await reporter.close();
  return output.text().split('\n');
};

export const governor = (host: string): Event =>
  task(host, 'cpufreq', 8, {
    changes: Array.from({ length: 256 }, (_, cpu) =>
      change(`cpufreq/policy${cpu}/scaling_governor`, 'powersave', 'performance'),
    ),
  });
export const cmdline = (host: string): Event =>
  task(host, 'kernel_cmdline', 12, {
    changes: [change('kernel_cmdline/max_cstate', '9', '1', { levels: ['boot'], pending: 'reboot' })],
    pending: ['reboot'],
  });
