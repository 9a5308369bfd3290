import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
export const program = here('../dist/perfplay.cjs');
const concurrency = 100;
const ansibleForks = 50;
const strategies = '/usr/lib/python3/dist-packages/ansible/plugins/strategy';
const tasks = here('floor/tasks.sh');

/**
 * The files that tell clients of some servers, `{address, port}` each: an inventory for perfplay and Ansible, a list of addresses for the
 * others, known_hosts for all. `names`: how many hosts are named; they take turns on the servers.
 */
export const writeTargets = (fleet, name, servers, names = servers.length) => {
  const folder = path.join(fleet.folder, name);
  mkdirSync(folder, { recursive: true });
  const write = (file, lines) => {
    writeFileSync(path.join(folder, file), lines.map((line) => `${line}\n`).join(''));
    return path.join(folder, file);
  };
  const hosts = Array.from({ length: names }, (_, index) => servers[index % servers.length]);
  const knownHosts = write(
    'known_hosts',
    servers.map(({ address, port }) => `[${address}]:${port} ${fleet.hostKey.trim()}`),
  );
  const inventory = write('inventory.ini', [
    '[all:vars]',
    'ansible_user=root',
    'ansible_python_interpreter=/usr/bin/python3',
    `ansible_ssh_private_key_file=${fleet.key}`,
    `ansible_ssh_common_args='-o UserKnownHostsFile=${knownHosts} -o GlobalKnownHostsFile=/dev/null'`,
    '[brokers]',
    ...hosts.map(({ address, port }, index) => `host${index} ansible_host=${address} ansible_port=${port}`),
  ]);
  const addresses = write(
    'addresses',
    hosts.map(({ address }) => address),
  );
  return { folder, inventory, addresses, knownHosts, port: servers[0].port, key: fleet.key };
};

const openssh = (targets) => {
  const options = [
    `-F none -i ${targets.key} -p ${targets.port} -o UserKnownHostsFile=${targets.knownHosts}`,
    '-o GlobalKnownHostsFile=none -o KexAlgorithms=curve25519-sha256 -o BatchMode=yes',
  ].join(' ');
  const call = `exec ssh ${options} "root@$1" 'exec sh -s' <"$2"`;
  return {
    argv: ['xargs', '-a', targets.addresses, '-P', String(concurrency), '-I{}', 'sh', '-c', call, 'sh', '{}', tasks],
  };
};

const ansible = (targets, more = {}) => {
  const home = path.join(targets.folder, 'ansible');
  rmSync(home, { recursive: true, force: true });
  return {
    argv: ['ansible-playbook', '-i', targets.inventory, here('site/ansible.yml')],
    env: {
      ANSIBLE_HOME: home,
      ANSIBLE_LOCAL_TEMP: path.join(home, 'tmp'),
      ANSIBLE_SSH_CONTROL_PATH_DIR: path.join(home, 'cp'),
      ANSIBLE_FORKS: String(ansibleForks),
      ANSIBLE_PIPELINING: '1',
      ANSIBLE_SSH_ARGS: '-o ControlMaster=auto -o ControlPersist=60s -o KexAlgorithms=curve25519-sha256',
      ...more,
    },
  };
};

const has = (name) => (process.env.PATH ?? '').split(':').some((folder) => existsSync(path.join(folder, name)));
const ansibleProblem = has('ansible-playbook') ? undefined : 'needs ansible-core';
const mitogenProblem = existsSync(path.join(strategies, 'mitogen.py')) ? undefined : 'needs ansible-mitogen';

/**
 * Who takes part, the floor first. `isSlow`: only few hosts, and few rounds. `problem`: why it cannot take part on this machine.
 * `command`: what to run for the targets of `writeTargets`.
 */
export const contenders = [
  {
    name: 'floor',
    text: 'bare ssh2, one `sh -s`',
    command: ({ addresses, port, key, knownHosts }) => ({
      argv: [process.execPath, here('floor/client.mjs'), addresses, String(port), key, knownHosts, String(concurrency)],
    }),
  },
  {
    name: 'perfplay',
    text: 'perfplay',
    command: ({ folder, inventory }) => ({
      argv: [
        process.execPath,
        program,
        'run',
        here('site/perfplay.yml'),
        '-i',
        inventory,
        '--forks',
        String(concurrency),
      ],
      env: { PERFPLAY_RUNS: path.join(folder, 'runs') },
    }),
  },
  { name: 'openssh', text: 'OpenSSH by xargs, curve25519, one `sh -s`', command: openssh },
  {
    name: 'mitogen',
    text: `ansible-core with mitogen, ${ansibleForks} forks`,
    isSlow: true,
    problem: ansibleProblem ?? mitogenProblem,
    command: (targets) =>
      ansible(targets, { ANSIBLE_STRATEGY: 'mitogen_linear', ANSIBLE_STRATEGY_PLUGINS: strategies }),
  },
  {
    name: 'ansible',
    text: `ansible-core, ${ansibleForks} forks, pipelining`,
    isSlow: true,
    problem: ansibleProblem,
    command: (targets) => ansible(targets),
  },
];
