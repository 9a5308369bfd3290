import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { startHost, type LabHost } from './host.ts';
import { ip, startRouter } from './network.ts';
import { labPassword, loginOf, type DownSpec, type HostSpec } from './spec.ts';
import { stageHost } from './stage.ts';

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
  const started = await Promise.allSettled(
    specs.map(async (spec, index) => (isDown(spec) ? '' : start(spec, index, open))),
  );
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
