import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** cgroup v2 counts CPU time without any controller; systems with v1 mount it elsewhere. */
const mountPoint = () => {
  const line = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((mount) => mount.split(' ')[2] === 'cgroup2');
  if (!line) throw new Error('no cgroup2 file system is mounted here: CPU time cannot be counted');
  return line.split(' ')[1];
};

/** A group of processes: what is spawned with `join`, and all that comes of it. */
export const createCgroup = (name) => {
  const folder = path.join(mountPoint(), `perfplay-bench-${process.pid}-${name}`);
  mkdirSync(folder);
  const read = (file) => readFileSync(path.join(folder, file), 'utf8');
  const pids = () => read('cgroup.procs').split('\n').filter(Boolean).map(Number);
  return {
    folder,
    pids,
    /** A command line that runs another one in this group. */
    join: (argv) => ['sh', '-c', 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"', 'sh', folder, ...argv],
    /** Seconds of user and system time so far. */
    cpu: () => Number(/^usage_usec (\d+)$/m.exec(read('cpu.stat'))[1]) / 1e6,
    /** Ends what is still running: only members of the group. */
    end: async () => {
      for (let left = pids(); left.length > 0; left = pids()) {
        for (const pid of left) {
          try {
            process.kill(pid, 'SIGKILL');
          } catch (error) {
            if (error.code !== 'ESRCH') throw error;
          }
        }
        await sleep(10);
      }
    },
    remove: () => rmdirSync(folder),
  };
};
