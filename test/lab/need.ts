import { execFileSync } from 'node:child_process';

const programs = {
  'openssh-server': ['sshd'],
  'openssh-client': ['ssh', 'ssh-keygen'],
  iproute2: ['ip'],
  'util-linux': ['unshare', 'nsenter', 'pivot_root'],
  sudo: ['sudo'],
  bash: ['bash'],
  dash: ['dash'],
  busybox: ['busybox'],
  tcsh: ['tcsh'],
};

/** What one host needs of the kernel: namespaces, an overlay on `/` and a veth pair; all of it is gone when the trial ends. */
const trial = `
  mount --make-rprivate / && mount -t tmpfs lab /mnt && mkdir /mnt/upper /mnt/work /mnt/root &&
  mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work lab /mnt/root &&
  mount -t proc proc /mnt/root/proc && ip link add veth-lab type veth peer name veth-peer`;

const findProblem = (): string | undefined => {
  if (process.platform !== 'linux') return `needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'needs root for network and mount namespaces';
  const sh = (script: string): boolean => {
    try {
      execFileSync('sh', ['-c', script], {
        stdio: 'ignore',
        env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
      });
      return true;
    } catch {
      return false;
    }
  };
  const packages = Object.entries(programs)
    .filter(([, names]) => !sh(names.map((name) => `command -v ${name}`).join(' && ')))
    .map(([name]) => name);
  if (packages.length > 0) return `needs ${packages.join(', ')} (.ci/run installs them)`;
  return sh(`exec unshare --mount --net --pid --uts --ipc --fork --kill-child sh -c '${trial}'`)
    ? undefined
    : 'the kernel refuses namespaces, overlayfs or veth here';
};

/** Why no lab can be started on this machine; undefined where it can. Put it into the suite's name, so that a skip is seen. */
export const labProblem = findProblem();
