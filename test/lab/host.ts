import path from 'node:path';
import { execa } from 'execa';
import { bootFile, bootText, type BootSpec } from './boot.ts';
import { ip, type Router } from './network.ts';
import { loginOf, type HostSpec } from './spec.ts';

export interface LabHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Process 1 of the host, as the machine numbers it. */
  readonly pid: number;
  /** Runs a command as root inside the host, past ssh: its standard output without the last newline. Throws where it fails. */
  readonly sh: (command: string, ...args: readonly string[]) => Promise<string>;
  /** The file's text as it is. */
  readonly read: (path: string) => Promise<string>;
  /** In place: the file keeps its mode. */
  readonly write: (path: string, text: string) => Promise<void>;
  /** From now on every write to this file or folder fails with EROFS, root's too. */
  readonly refuse: (path: string) => Promise<void>;
  /** sshd's log, level VERBOSE. */
  readonly log: () => Promise<string>;
  /** Connections that sshd accepted, authenticated or not. */
  readonly connections: () => Promise<number>;
  /** `command` or `shell`, one for each session that was started; `subsystem` for sftp. */
  readonly sessions: () => Promise<readonly string[]>;
  /** Each call of a stub (systemctl, update-grub, …), argv by argv. */
  readonly calls: () => Promise<readonly (readonly string[])[]>;
  /** Forgets sessions, connections and calls. */
  readonly clear: () => Promise<void>;
  /** What the next `systemctl reboot` does. */
  readonly nextBoot: (spec: BootSpec) => Promise<void>;
  /** How often the host has gone down for a boot. */
  readonly boots: () => Promise<number>;
  /** Resolves when sshd is back from the boot that was asked for. */
  readonly booted: () => Promise<void>;
  /** From now on packets to and from the host vanish without a word. */
  readonly cut: () => Promise<void>;
  readonly mend: () => Promise<void>;
  /** Ends every process of the host; then there is no route to it. */
  readonly stop: () => Promise<void>;
}

/** Starts `host.sh` as process 1 of the host; ready when sshd listens. */
const boot = async (stage: string, spec: HostSpec) => {
  const shell = { dash: '/usr/bin/dash', bash: '/usr/bin/bash', busybox: '/usr/bin/busybox', mksh: '/usr/bin/mksh' }[
    spec.shell ?? 'dash'
  ];
  const script = path.join(import.meta.dirname, 'host.sh');
  const namespaces = ['--mount', '--net', '--pid', '--uts', '--ipc', '--fork', '--kill-child'];
  const holder = execa('unshare', [...namespaces, 'sh', script, stage, spec.name, shell, spec.userland ?? 'gnu'], {
    stdin: 'pipe',
    reject: false,
  });
  const ready = new Promise<number>((resolve) => {
    holder.stdout.on('data', (text: Buffer) => {
      const pid = /^ready (\d+)$/m.exec(String(text))?.[1];
      if (pid) resolve(Number(pid));
    });
  });
  const pid = await Promise.race([ready, holder.then((result) => result.stderr || `exit ${result.exitCode}`)]);
  if (typeof pid === 'string') throw new Error(`host ${spec.name} did not start: ${pid}`);
  return { holder, pid };
};

const connect = async (pid: number, router: Router, address: string, link: string): Promise<void> => {
  const route = `route add ${address}/32 dev ${link}`;
  await ip([`link add ${link} type veth peer name eth0 netns ${pid}`, `link set ${link} up`, route], router.pid);
  const own = `addr add ${address} peer ${router.gateway}/32 dev eth0`;
  await ip(['link set lo up', own, 'link set eth0 up', `route add default via ${router.gateway}`], pid);
};

/** Runs sh commands as root in the namespaces of process `pid`: their standard output. */
const runner =
  (pid: number) =>
  async (command: string, args: readonly string[], input = ''): Promise<string> => {
    const inside = ['--mount', '--net', '--pid', '--uts', '--ipc', '--target', String(pid), '/bin/sh', '-c', command];
    const result = await execa('nsenter', [...inside, 'sh', ...args], {
      input,
      stripFinalNewline: false,
      extendEnv: false,
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C' },
    });
    return result.stdout;
  };

/** `"$@"` in the background: a copy of dash under the wanted name that waits for ever. */
const background = `mkdir -p /usr/libexec/lab/bin && cp "$(readlink -f "$(command -v dash)")" "/usr/libexec/lab/bin/$1" &&
  { [ -p /run/never ] || mkfifo /run/never; } && cd / && PATH=/usr/libexec/lab/bin && { "$@" </dev/null >/dev/null 2>&1 & }`;

/**
 * Starts one host from its staged folder (stage.ts) and plugs it into the router by the interface `link`.
 * Throws what the host's script said, with nothing left running, where it does not start.
 */
export const startHost = async (
  stage: string,
  spec: HostSpec,
  address: string,
  link: string,
  router: Router,
): Promise<LabHost> => {
  const { holder, pid } = await boot(stage, spec);
  const stop = async (): Promise<void> => {
    holder.stdin.end();
    await holder;
  };
  const run = runner(pid);
  try {
    await connect(pid, router, address, link);
    for (const { name, args } of spec.processes ?? []) {
      await run(background, [name, '-c', 'read _ </run/never', ...args]);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const read = (file: string): Promise<string> => run('exec cat -- "$1"', [file]);
  const log = (): Promise<string> => read('/var/log/sshd.log');
  return {
    name: spec.name,
    address,
    port: spec.port ?? 22,
    user: loginOf(spec).user,
    pid,
    sh: async (command, ...args) => (await run(command, args)).replace(/\n$/, ''),
    read,
    write: async (file, text) => void (await run('exec cat >"$1"', [file], text)),
    refuse: async (file) => void (await run('mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"', [file])),
    log,
    connections: async () => [...(await log()).matchAll(/^Connection from /gm)].length,
    sessions: async () => [...(await log()).matchAll(/^Starting session: (\w+)/gm)].map(([, kind = '']) => kind),
    calls: async () =>
      (await read('/var/lib/lab/calls'))
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('\t')),
    clear: async () => void (await run(': >/var/log/sshd.log; : >/var/lib/lab/calls', [])),
    nextBoot: async (next) => void (await run('exec cat >"$1"', [bootFile], bootText(next))),
    boots: async () => Number(await run('cat /var/lib/lab/boots 2>/dev/null | wc -l', [])),
    booted: async () => void (await run('while [ -d /run/lab/going-down ]; do sleep 0.05; done', [])),
    cut: async () => {
      await ip([`route replace blackhole ${address}/32`], router.pid);
      await ip(['route replace blackhole default'], pid);
    },
    mend: async () => {
      await ip([`route del blackhole ${address}/32`, `route add ${address}/32 dev ${link}`], router.pid);
      await ip(['route del blackhole default', `route add default via ${router.gateway}`], pid);
    },
    stop,
  };
};
