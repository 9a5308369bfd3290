import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { createCgroup } from './cgroup.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const before = here('../site/before');
const after = here('../site/after');
/** Hosts that are started at a time. */
const starting = 8;
const port = 2222;
/** Its shell and its listening sshd. */
const idleProcesses = 2;
const settlingMs = 20_000;

/** Loopback, a network of its own for each process: 127.64.0.0 to 127.254.255.255. */
const addressOf = (index) => `127.${64 + (process.pid % 191)}.${index >> 8}.${(index & 255) + 1}`;

const sshdConfig = `HostKey /etc/ssh/bench_key
PermitRootLogin prohibit-password
UsePAM no
UseDNS no
MaxStartups 1000
LogLevel ERROR
Subsystem sftp internal-sftp
`;

const makeKey = (file) => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', file]);
  return readFileSync(`${file}.pub`, 'utf8');
};

/** Starts one host: the machine's number of its process 1, and what ends it. Throws what its script said where it does not start. */
const startHost = async (folder, address, cgroup) => {
  const argv = ['--mount', '--pid', '--fork', '--kill-child', 'sh', here('host.sh'), folder, address, port, cgroup];
  const holder = spawn('unshare', argv, { stdio: ['pipe', 'pipe', 'pipe'] });
  let problem = '';
  holder.stderr.on('data', (text) => (problem += text));
  const ended = new Promise((resolve) => holder.on('close', resolve));
  for await (const line of createInterface(holder.stdout)) {
    const pid = /^ready (\d+)$/.exec(line)?.[1];
    if (!pid) continue;
    const stop = async () => {
      holder.stdin.end();
      await ended;
    };
    return { address, port, pid, stop };
  }
  throw new Error(`the host at ${address} did not start: ${problem}`);
};

/**
 * Starts so many sshd, each on a loopback address of its own and with its own files. All of it ends with `stop`, and with this process.
 * `folder`: for files of this run. `key`: the client's, a file. `hostKey`: that of all hosts, as known_hosts shows it.
 */
export const startFleet = async (count) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'perfplay-bench-'));
  const cgroup = createCgroup('hosts');
  const key = path.join(folder, 'client_key');
  const overlay = path.join(folder, 'host');
  for (const name of ['etc/ssh', 'run/sshd', 'root/.ssh']) mkdirSync(path.join(overlay, name), { recursive: true });
  writeFileSync(path.join(overlay, 'etc/ssh/bench_config'), sshdConfig);
  writeFileSync(path.join(overlay, 'root/.ssh/authorized_keys'), makeKey(key));
  const hostKey = makeKey(path.join(overlay, 'etc/ssh/bench_key'));

  const limit = pLimit(starting);
  const started = await Promise.allSettled(
    Array.from({ length: count }, (_, index) => limit(startHost, folder, addressOf(index), cgroup.folder)),
  );
  const hosts = started.flatMap(({ value }) => value ?? []);
  const stop = async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    await cgroup.end();
    cgroup.remove();
    rmSync(folder, { recursive: true });
  };
  const failed = started.find(({ status }) => status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }

  const script = (file, ...args) => execFileSync('sh', [here(file), ...args], { encoding: 'utf8', maxBuffer: 1e9 });
  const pidsOf = (some) => some.map(({ pid }) => pid);
  return {
    folder,
    key,
    hostKey,
    hosts,
    /** Seconds of CPU time of all hosts so far, once nobody is logged in any more. Throws where a process does not end. */
    cpu: async () => {
      const begun = performance.now();
      while (cgroup.pids().length > hosts.length * idleProcesses) {
        if (performance.now() - begun > settlingMs) throw new Error('something is left running on a host');
        await sleep(10);
      }
      return cgroup.cpu();
    },
    /** Undoes whatever was done to these hosts. */
    reset: (some) => void script('reset.sh', before, ...pidsOf(some)),
    /** Throws what is not as it should be at the end. */
    check: (some) => void script('check.sh', after, ...pidsOf(some)),
    touched: (some) => script('touched.sh', ...pidsOf(some)),
    stop,
  };
};
