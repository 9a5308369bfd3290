import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import type { LabHost } from '../lab/host.ts';
import { startLab } from '../lab/hosts.ts';
import type { HostSpec } from '../lab/spec.ts';
import { declaredTruth, freshTruth, type Said, trackedPaths, type Truth } from './oracle.ts';
import { type Proxy, startProxy } from './proxy.ts';
import { type Hold, playbook } from './site.ts';

const built = path.join(import.meta.dirname, '../../dist/perfplay.cjs');

/** A host, the proxy that stands before it, and the stages at which it can be held. */
export interface Target {
  readonly name: string;
  readonly host: LabHost;
  readonly proxy: Proxy;
  readonly hold: (at: Hold) => Promise<void>;
  /** Resolves when a program of the host stands at the hold; false: it did not come so far within the time. */
  readonly reached: (at: Hold, ms?: number) => Promise<boolean>;
  readonly release: (at: Hold) => Promise<void>;
  /** Resolves when nothing runs there any more but what ran from the beginning. Throws, with the names, where that does not end. */
  readonly settled: () => Promise<void>;
  /** Everything as it was when the host was new. */
  readonly reset: () => Promise<void>;
}

/** A line of `--output jsonl`, as far as the tests look at it. */
interface Event {
  readonly type: string;
  readonly host?: string;
  readonly stage?: string;
  readonly time?: number;
  readonly name?: string;
  readonly outcome?: string;
  readonly message?: string;
  readonly hint?: string;
  readonly reason?: string;
  readonly status?: string;
  readonly changes?: readonly unknown[];
}

export interface Ran {
  readonly exit: number | undefined;
  readonly events: readonly Event[];
  readonly stderr: string;
  readonly said: (host: string) => Said;
  readonly ms: number;
}

export interface Bench {
  readonly folder: string;
  /** The private key file that every host accepts. */
  readonly key: string;
  readonly targets: readonly Target[];
  readonly target: (name: string) => Target;
  readonly truth: Truth;
  /** `vars`: host variables that replace those of the inventory, by host. */
  readonly run: (
    words: readonly string[],
    options?: {
      readonly hosts?: readonly string[];
      readonly vars?: Readonly<Record<string, object>>;
      readonly program?: string;
      readonly env?: Readonly<Record<string, string>>;
    },
  ) => Running;
  readonly write: (name: string, content: unknown) => string;
  readonly stop: () => Promise<void>;
}
export interface Running {
  readonly pid: number | undefined;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ran>;
}

const settleMs = 20_000;

const createTarget = async (host: LabHost, proxy: Proxy): Promise<Target> => {
  const marker = (at: Hold): string => `/proc/${host.pid}/root/run/faults/at-${at}`;
  const processes = `for process in /proc/[0-9]*; do
    pid=\${process#/proc/}
    case " $1 $$ " in *" $pid "*) continue ;; esac
    read -r comm <"$process/comm" && echo "$pid $comm"
  done 2>/dev/null; :`;
  await host.sh(
    `mkdir -p /run/faults/fresh
    for path; do [ ! -e "$path" ] || { mkdir -p "/run/faults/fresh\${path%/*}" && cp -p "$path" "/run/faults/fresh$path"; }; done`,
    ...trackedPaths,
  );
  const known = (await host.sh(processes, '')).replaceAll(/ .*$/gm, '').split('\n').join(' ');
  const running = (): Promise<string> => host.sh(processes, known);
  const settled = async (): Promise<void> => {
    for (const started = Date.now(); ; await delay(50)) {
      const left = await running();
      if (left === '') return;
      if (Date.now() - started > settleMs) throw new Error(`${host.name} still runs ${left.replaceAll('\n', ', ')}`);
    }
  };
  return {
    name: host.name,
    host,
    proxy,
    hold: async (at) => void (await host.sh('rm -f "/run/faults/at-$1"; : >"/run/faults/hold-$1"', at)),
    reached: async (at, ms = 15_000) => {
      for (const started = Date.now(); Date.now() - started < ms; await delay(10))
        if (existsSync(marker(at))) return true;
      return false;
    },
    release: async (at) => void (await host.sh('rm -f "/run/faults/hold-$1"', at)),
    settled,
    reset: async () => {
      await host.sh('rm -f /run/faults/hold-* /run/faults/at-*');
      await proxy.mend();
      await settled();
      await host.sh(
        `rm -rf /etc/perfplay /var/lib/perfplay /usr/local/lib/perfplay /sys/module/vhost_net /run/perfplay* /boot/grub/grub.cfg?* "$@"
        find /etc /boot /root -name '.perfplay.*' -exec rm -f {} +
        cd /run/faults/fresh && find . -type f -exec cp -p {} /{} ';'`,
        ...trackedPaths,
      );
      await host.clear();
    },
  };
};

/** Lines that are whole JSON; a program that was killed leaves half a line. */
const eventsOf = (text: string): readonly Event[] =>
  text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Event];
    } catch {
      return [];
    }
  });

/** Hosts with a proxy each, the playbook, and the two whole states, the declared one by a first run without a fault. */
export const startBench = async (specs: readonly HostSpec[]): Promise<Bench> => {
  const lab = await startLab(specs);
  const folder = mkdtempSync(path.join(tmpdir(), 'perfplay-faults-'));
  const targets: Target[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(targets.map(({ proxy }) => proxy.stop()));
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const write = (name: string, content: unknown): string => {
    const file = path.join(folder, name);
    writeFileSync(file, typeof content === 'string' ? content : stringify(content));
    return file;
  };
  try {
    for (const host of lab.hosts) targets.push(await createTarget(host, await startProxy(host.address, host.port)));
    const portOf = new Map(targets.map(({ host, proxy }) => [`${host.address}`, proxy.port]));
    const known = readFileSync(lab.knownHosts, 'utf8').replaceAll(
      /^\[?([\d.]+)\S*/gm,
      (_, address: string) => `[127.0.0.1]:${portOf.get(address)}`,
    );
    // Under both of their addresses: past the proxy and behind it.
    write('known_hosts', known + readFileSync(lab.knownHosts, 'utf8'));
    write('site.yml', playbook);
    const inventory = parse(lab.inventory().replaceAll(lab.knownHosts, path.join(folder, 'known_hosts'))) as {
      all: { vars: Record<string, unknown>; hosts: Record<string, object> };
    };
    for (const { name, proxy } of targets)
      inventory.all.hosts[name] = { ...inventory.all.hosts[name], ansible_host: '127.0.0.1', ansible_port: proxy.port };

    let calls = 0;
    const run: Bench['run'] = (words, { hosts, vars = {}, program = built, env = {} } = {}) => {
      const all = Object.entries(inventory.all.hosts).map(([name, own]) => [name, { ...own, ...vars[name] }] as const);
      const file = write(
        `hosts${++calls}.json`,
        JSON.stringify({ all: { ...inventory.all, hosts: Object.fromEntries(all) } }),
      );
      const limit = hosts ? ['-l', hosts.join(',')] : [];
      const started = Date.now();
      const child = execa(
        process.execPath,
        [program, ...words, '-i', file, ...limit, '--timeout', '4', '--output', 'jsonl'],
        {
          cwd: folder,
          reject: false,
          extendEnv: false,
          stdin: 'ignore',
          env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LANG: 'C.UTF-8', ...env },
        },
      );
      const ended = child.then(({ exitCode, stdout, stderr }): Ran => {
        const events = eventsOf(stdout);
        const of = (type: string, host: string): readonly Event[] =>
          events.filter((event) => event.type === type && event.host === host);
        return {
          exit: exitCode,
          events,
          stderr,
          ms: Date.now() - started,
          said: (host) => ({ host, ended: of('host-ended', host), tasks: of('task', host) }) as unknown as Said,
        };
      });
      return { pid: child.pid, kill: (signal) => void child.kill(signal), ended };
    };

    const [first] = targets;
    const fresh = await freshTruth(first!.host);
    const { exit, stderr, events } = await run(['run', 'site.yml', '--no-canary'], { hosts: [first!.name] }).ended;
    if (exit !== 0)
      throw new Error(`a run without a fault ends with ${exit}: ${stderr}${JSON.stringify(events.slice(-3))}`);
    const declared = await declaredTruth(first!.host, fresh);
    await first!.reset();
    return {
      folder,
      key: lab.key,
      targets,
      target: (name) => targets.find((target) => target.name === name)!,
      truth: { fresh, declared },
      run,
      write,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
