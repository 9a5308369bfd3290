import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import path from 'node:path';

/** Where the built image is kept: ignored by git, safe to delete. */
export const cache = path.join(import.meta.dirname, '.cache');

export const release = 'bookworm';

const programs = {
  'qemu-system-x86': 'qemu-system-x86_64',
  'qemu-utils': 'qemu-img',
  'acpica-tools': 'iasl',
  mmdebstrap: 'mmdebstrap',
  fdisk: 'sfdisk',
  e2fsprogs: 'mke2fs',
  'util-linux': 'setpriv',
  'openssh-client': 'ssh',
};

/** PATH with the folders of root's programs. */
export const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };

const succeeds = (script: string): boolean => {
  try {
    execFileSync('sh', ['-c', script], { stdio: 'ignore', env });
    return true;
  } catch {
    return false;
  }
};

/**
 * The lines of sources.list by which this machine gets Debian's main packages of the guest's release, updates included.
 * None where apt knows no such place: what `apt-get indextargets` says is the machine's own configuration.
 */
export const aptSources = (): readonly string[] => {
  const format = '$(REPO_URI) $(CODENAME)';
  const targets = execFileSync(
    'apt-get',
    ['indextargets', '--format', format, 'Created-By: Packages', 'Component: main'],
    { encoding: 'utf8', env },
  );
  const wanted = new Set([release, `${release}-updates`, `${release}-security`]);
  const lines = targets.split('\n').filter((line) => wanted.has(line.split(' ')[1] ?? ''));
  return [...new Set(lines)].map((line) => `deb ${line} main`);
};

const roomNeeded = 4e9;

const findProblem = (): string | undefined => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return `needs Linux on x64, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'needs root to unpack Debian and to make a tap';
  const missing = Object.entries(programs).filter(([, program]) => !succeeds(`command -v ${program}`));
  if (missing.length > 0) return `needs the packages ${missing.map(([name]) => name).join(', ')}`;
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch {
    return 'needs /dev/net/tun for a network card with several queues';
  }
  if (!succeeds('command -v apt-get') || !aptSources().some((line) => line.includes(` ${release} `)))
    return `needs an apt that knows where Debian ${release} is`;
  mkdirSync(cache, { recursive: true });
  const { bavail, bsize } = statfsSync(cache);
  return bavail * bsize < roomNeeded ? `needs ${roomNeeded / 1e9} GB of room in ${cache}` : undefined;
};

/** Of the environment: why the build of an image has failed; whoever runs the suites says so to them. */
export const noGuests = 'PERFPLAY_NO_GUESTS';

/** Why no guest can be built and booted on this machine; undefined where it can. Put it into the suite's name, so that a skip is seen. */
export const vmProblem = process.env[noGuests] ?? findProblem();
