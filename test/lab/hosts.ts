import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { ip, startRouter, type Router } from './network.ts';
import { labPassword, loginOf, type DownSpec, type HostSpec } from './spec.ts';
import { stageHost } from './stage.ts';

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
  /** From now on packets to and from the host vanish without a word. */
  readonly cut: () => Promise<void>;
  readonly mend: () => Promise<void>;
  /** Ends every process of the host; then there is no route to it. */
  readonly stop: () => Promise<void>;
}

export interface Lab {
  readonly folder: string;
  /** The private key file that every host accepts, for its login user and for root. */
  readonly key: string;
  readonly knownHosts: string;
  /** Of a host that is up. Throws for another name. */
  readonly host: (name: string) => LabHost;
  readonly hosts: readonly LabHost[];
  /** Of any host, down ones included. */
  readonly address: (name: string) => string;
  /** The text of an Ansible YAML inventory of all hosts. */
  readonly inventory: () => string;
  readonly stop: () => Promise<void>;
}

const prefix = 'perfplay-lab-';
const isDown = (spec: HostSpec | DownSpec): spec is DownSpec => 'down' in spec;

/** Folders of labs whose process was killed; their namespaces went with it. */
const sweep = (): void => {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split('-')[0]) : Number.NaN;
    if (Number.isNaN(pid)) continue;
    try {
      process.kill(pid, 0);
    } catch {
      rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
    }
  }
};

/** Makes an ed25519 key pair in `file` and `file.pub`. */
const makeKey = async (file: string): Promise<{ readonly secret: string; readonly open: string }> => {
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', file]);
  return { secret: readFileSync(file, 'utf8'), open: readFileSync(`${file}.pub`, 'utf8') };
};

const downRoute = (spec: DownSpec, address: string): string =>
  ({
    refused: `addr add ${address}/32 dev lo`,
    silent: `route add blackhole ${address}`,
    unroutable: `route add unreachable ${address}`,
  })[spec.down];

/** A pidns's process 1 in a shell script of ours: started, and ready when sshd listens. */
const boot = async (stage: string, spec: HostSpec) => {
  const shell = { dash: '/usr/bin/dash', bash: '/usr/bin/bash', busybox: '/usr/bin/busybox' }[spec.shell ?? 'dash'];
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

const startHost = async (
  stage: string,
  spec: HostSpec,
  address: string,
  link: string,
  router: Router,
): Promise<LabHost> => {
  const { holder, pid } = await boot(stage, spec);
  await ip(
    [
      `link add ${link} type veth peer name eth0 netns ${pid}`,
      `link set ${link} up`,
      `route add ${address}/32 dev ${link}`,
    ],
    router.pid,
  );
  await ip(
    [
      'link set lo up',
      `addr add ${address} peer ${router.gateway}/32 dev eth0`,
      'link set eth0 up',
      `route add default via ${router.gateway}`,
    ],
    pid,
  );
  const run = async (command: string, args: readonly string[], input = ''): Promise<string> => {
    const inside = ['--mount', '--net', '--pid', '--uts', '--ipc', '--target', String(pid), '/bin/sh', '-c', command];
    const result = await execa('nsenter', [...inside, 'sh', ...args], {
      input,
      stripFinalNewline: false,
      extendEnv: false,
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C' },
    });
    return result.stdout;
  };
  const read = (file: string): Promise<string> => run('exec cat -- "$1"', [file]);
  const log = (): Promise<string> => read('/var/log/sshd.log');
  for (const { name, args } of spec.processes ?? []) {
    const script = `mkdir -p /usr/libexec/lab/bin && cp "$(readlink -f "$(command -v dash)")" "/usr/libexec/lab/bin/$1" &&
      { [ -p /run/never ] || mkfifo /run/never; } && cd / && PATH=/usr/libexec/lab/bin && { "$@" </dev/null >/dev/null 2>&1 & }`;
    await run(script, [name, '-c', 'read _ </run/never', ...args]);
  }
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
    cut: async () => {
      await ip([`route replace blackhole ${address}/32`], router.pid);
      await ip(['route replace blackhole default'], pid);
    },
    mend: async () => {
      await ip([`route del blackhole ${address}/32`, `route add ${address}/32 dev ${link}`], router.pid);
      await ip(['route del blackhole default', `route add default via ${router.gateway}`], pid);
    },
    stop: async () => {
      holder.stdin.end();
      await holder;
    },
  };
};

const hostVariables = (spec: HostSpec | DownSpec, address: string): Record<string, unknown> => {
  if (isDown(spec)) return { ansible_host: address };
  const { user, sudo } = loginOf(spec);
  return {
    ansible_host: address,
    ansible_user: user,
    ...(spec.port !== undefined && { ansible_port: spec.port }),
    ...(sudo === 'password' && { ansible_become_password: labPassword }),
    ...spec.vars,
  };
};

/**
 * Starts real sshd hosts on this machine, each in namespaces of its own (see host.sh), and addresses where none answers.
 * Needs `labProblem` of need.ts to be undefined. Throws, with nothing left behind, where a host does not start.
 * Everything ends with `stop`, and with this process, however that dies.
 */
export const startLab = async (specs: readonly (HostSpec | DownSpec)[]): Promise<Lab> => {
  sweep();
  const router = await startRouter();
  const folder = mkdtempSync(path.join(tmpdir(), `${prefix}${process.pid}-`));
  const key = path.join(folder, 'key');
  const knownHosts = path.join(folder, 'known_hosts');
  const addresses = new Map(specs.map((spec, index) => [spec.name, router.address(10 + index)]));
  const hosts = new Map<string, LabHost>();
  const stop = async (): Promise<void> => {
    await Promise.all([...hosts.values()].map((host) => host.stop()));
    await router.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const start = async (spec: HostSpec, index: number, authorized: string): Promise<string> => {
    const stage = path.join(folder, spec.name);
    mkdirSync(stage);
    const address = addresses.get(spec.name)!;
    const hostKey = await makeKey(path.join(stage, 'host_key'));
    stageHost(stage, spec, address, { authorized, host: hostKey.secret });
    hosts.set(spec.name, await startHost(stage, spec, address, `v${index}`, router));
    if (spec.hostKey === 'unknown') return '';
    const known = spec.hostKey === 'changed' ? (await makeKey(path.join(stage, 'other_key'))).open : hostKey.open;
    return `${(spec.port ?? 22) === 22 ? address : `[${address}]:${spec.port}`} ${known}`;
  };
  const { open } = await makeKey(key);
  const down = specs.filter(isDown).map((spec) => downRoute(spec, addresses.get(spec.name)!));
  if (down.length > 0) await ip(down, router.pid);
  const started = await Promise.allSettled(specs.map((spec, index) => (isDown(spec) ? '' : start(spec, index, open))));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  writeFileSync(knownHosts, started.map((result) => (result.status === 'fulfilled' ? result.value : '')).join(''));
  return {
    folder,
    key,
    knownHosts,
    hosts: specs.flatMap(({ name }) => hosts.get(name) ?? []),
    host: (name) => {
      const host = hosts.get(name);
      if (!host) throw new Error(`no host ${name} is up in this lab`);
      return host;
    },
    address: (name) => {
      const address = addresses.get(name);
      if (address === undefined) throw new Error(`no host ${name} in this lab`);
      return address;
    },
    inventory: () => {
      const groups = [...new Set(specs.flatMap((spec) => spec.groups ?? []))];
      const members = (group: string): Record<string, null> =>
        Object.fromEntries(specs.filter((spec) => spec.groups?.includes(group)).map((spec) => [spec.name, null]));
      return stringify({
        all: {
          vars: {
            ansible_ssh_private_key_file: key,
            ansible_ssh_common_args: `-o UserKnownHostsFile=${knownHosts} -o GlobalKnownHostsFile=/dev/null`,
          },
          hosts: Object.fromEntries(specs.map((spec) => [spec.name, hostVariables(spec, addresses.get(spec.name)!)])),
          children: Object.fromEntries(groups.map((group) => [group, { hosts: members(group) }])),
        },
      });
    },
    stop,
  };
};
