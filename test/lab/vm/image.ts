import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { within } from './deadline.ts';
import { earlyFiles, enabled, files, kernelLine, masked, operator, packages, rootLabel } from './guest-files.ts';
import { launch } from './launch.ts';
import { awaitBoot, runner } from './login.ts';
import type { Accelerator } from './machine.ts';
import { aptSources, cache, env, release, vmProblem } from './need.ts';
import { makeScratch } from './scratch.ts';

export interface Image {
  /** A raw disk that nobody writes to: each guest has a layer of its own over it. */
  readonly disk: string;
  /** A private key that the guest's operator and root accept. */
  readonly key: string;
  /** Public keys of the guest's sshd, one a line. */
  readonly hostKeys: string;
  readonly accelerator: Accelerator;
  /** Seconds that the build took, whenever that was. */
  readonly seconds: number;
}

const building = 'building-';
const diskBytes = 3 * 2 ** 30;
/** Where the only partition begins. */
const offset = 2 ** 20;

const nicely = (program: string, words: readonly string[], options = {}) =>
  execa('nice', [program, ...words], { env, ...options });

const put = (root: string, contents: Readonly<Record<string, string>>, mode = 0o644): void => {
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(path.dirname(root + name), { recursive: true });
    writeFileSync(root + name, text, { mode });
  }
};

/** Debian's packages unpacked and configured in `root`, in namespaces that end with this process. */
const unpack = async (folder: string, root: string): Promise<void> => {
  const early = path.join(folder, 'early');
  put(early, earlyFiles);
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const form = ['--mode=root', '--format=directory', '--variant=minbase'];
  const content = [`--include=${packages.join(',')}`, '--essential-hook=cp -rT "$EARLY" "$1"'];
  const bootstrap = ['mmdebstrap', ...form, ...content, release, root, '-'];
  await nicely('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, ...bootstrap], {
    input: aptSources().join('\n'),
    env: { ...env, EARLY: early },
  });
};

/** The lab's user and keys, its files, and the units that run. */
const settle = async (root: string, publicKey: string): Promise<void> => {
  const inside = (...words: readonly string[]) => nicely('chroot', [root, ...words]);
  await inside('useradd', '--create-home', '--shell', '/bin/bash', operator);
  put(root, files);
  for (const home of ['/root', `/home/${operator}`]) {
    put(root, { [`${home}/.ssh/authorized_keys`]: publicKey }, 0o600);
    chmodSync(`${root}${home}/.ssh`, 0o700);
  }
  await inside('chown', '-R', `${operator}:`, `/home/${operator}/.ssh`);
  chmodSync(`${root}/etc/sudoers.d/ops`, 0o440);
  await inside('systemctl', 'mask', ...masked);
  await inside('systemctl', 'enable', ...enabled);
  rmSync(`${root}/etc/apt/sources.list`, { force: true });
};

/** One partition, one ext4 whose checksums GRUB can read: no loop device, nothing mounted. */
const makeDisk = async (disk: string, root: string): Promise<void> => {
  writeFileSync(disk, '');
  truncateSync(disk, diskBytes);
  await nicely('sfdisk', ['--quiet', disk], { input: `start=${offset / 512}, type=83, bootable\n` });
  const fileSystem = ['-q', '-t', 'ext4', '-O', '^metadata_csum_seed', '-L', rootLabel, '-E', `offset=${offset}`];
  await nicely('mke2fs', [...fileSystem, '-d', root, disk, `${(diskBytes - offset) / 1024}k`]);
};

const kernelOf = (root: string): readonly string[] => {
  const boot = readdirSync(`${root}/boot`);
  const file = (prefix: string): string => `${root}/boot/${boot.find((name) => name.startsWith(prefix))}`;
  return ['-kernel', file('vmlinuz-'), '-initrd', file('initrd.img-')];
};

/** KVM counts when Debian's kernel gets as far as its first process under it: /dev/kvm may open, and a guest hang all the same. */
const findAccelerator = async (disk: string, kernel: readonly string[]): Promise<Accelerator> => {
  if (!existsSync('/dev/kvm')) return 'tcg';
  const extra = [...kernel, '-append', `${kernelLine} root=none panic=-1`, '-no-reboot'];
  const machine = await launch({ disk, accelerator: 'kvm', extra }).catch(() => undefined);
  if (!machine) return 'tcg';
  const speaks = (): boolean => machine.serial().includes('Run /init');
  for (let second = 0; second < 15 && !speaks(); second += 1) await sleep(1000);
  const works = speaks();
  await machine.stop();
  return works ? 'kvm' : 'tcg';
};

/** What only a running guest can do as real ones do it: GRUB on its own disk, a menu of its own making, a machine id. */
const firstBoot = async (folder: string, accelerator: Accelerator, kernel: readonly string[]): Promise<void> => {
  const extra = [...kernel, '-append', `${kernelLine} root=LABEL=${rootLabel} ro`];
  const machine = await launch({ disk: path.join(folder, 'disk.raw'), writes: true, accelerator, extra });
  try {
    const knownHosts = path.join(machine.folder, 'known_hosts');
    writeFileSync(
      knownHosts,
      knownAs(`[127.0.0.1]:${machine.port}`, readFileSync(path.join(folder, 'host_keys'), 'utf8')),
    );
    const keys = { key: path.join(folder, 'key'), knownHosts };
    await awaitBoot(keys, machine);
    const sh = runner(keys, machine);
    await sh('grub-install /dev/vda && update-grub && fstrim / && sync');
    await sh('systemctl poweroff').catch(() => undefined);
    await within(300, 'the guest did not shut down', machine.off);
  } finally {
    await machine.stop();
  }
};

/** Lines of known_hosts: each public key of `keys` under the name `host`. */
export const knownAs = (host: string, keys: string): string => keys.replace(/^(?=\S)/gm, `${host} `);

/** The image depends on what stands in these files, and on Debian's archive of the day. */
const fingerprint = (): string => {
  const hash = createHash('sha256');
  for (const name of ['image.ts', 'guest-files.ts']) hash.update(readFileSync(path.join(import.meta.dirname, name)));
  hash.update(JSON.stringify(files));
  return hash.digest('hex').slice(0, 12);
};

/** Images that this one replaces. */
const removeOthers = (keep: string): void => {
  for (const name of readdirSync(cache))
    if (name !== keep && !name.startsWith(building)) rmSync(path.join(cache, name), { recursive: true, force: true });
};

/**
 * The guest's disk, from the cache where its inputs have not changed, else from Debian's packages in a few minutes.
 * `say` gets a line for each step. Throws `vmProblem`, and what a step says that fails; then the cache is as it was.
 */
export const buildImage = async (say: (line: string) => void = () => undefined): Promise<Image> => {
  if (vmProblem) throw new Error(`no guest: ${vmProblem}`);
  const name = fingerprint();
  const home = path.join(cache, name);
  const image = (): Image => ({
    ...(JSON.parse(readFileSync(path.join(home, 'image.json'), 'utf8')) as Pick<Image, 'accelerator' | 'seconds'>),
    disk: path.join(home, 'disk.raw'),
    key: path.join(home, 'key'),
    hostKeys: readFileSync(path.join(home, 'host_keys'), 'utf8'),
  });
  if (existsSync(home)) return image();

  const started = Date.now();
  const seconds = (): number => Math.round((Date.now() - started) / 1000);
  const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const before = seconds();
    say(`${what} …`);
    const result = await work();
    say(`${what}: ${seconds() - before} s`);
    return result;
  };
  const folder = makeScratch(cache, building);
  // Not in the checkout, where tools would walk through a whole Debian.
  const scratch = makeScratch('/var/tmp', 'perfplay-image-');
  const root = path.join(scratch, 'root');
  try {
    const key = path.join(folder, 'key');
    const disk = path.join(folder, 'disk.raw');
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', key]);
    await step(`Debian ${release} with its kernel`, () => unpack(scratch, root));
    await step("the guest's own files", () => settle(root, readFileSync(`${key}.pub`, 'utf8')));
    const hostKeys = readdirSync(`${root}/etc/ssh`).filter((file) => file.endsWith('_key.pub'));
    writeFileSync(
      path.join(folder, 'host_keys'),
      hostKeys.map((file) => readFileSync(`${root}/etc/ssh/${file}`, 'utf8')).join(''),
    );
    await step('the disk', () => makeDisk(disk, root));
    const kernel = kernelOf(root);
    const accelerator = await step('is KVM of use', () => findAccelerator(disk, kernel));
    await step(`first boot (${accelerator}), GRUB`, () => firstBoot(folder, accelerator, kernel));
    chmodSync(disk, 0o444);
    writeFileSync(path.join(folder, 'image.json'), JSON.stringify({ accelerator, seconds: seconds() }));
    if (!existsSync(home)) renameSync(folder, home);
    removeOthers(name);
    say(`the image is built: ${seconds()} s`);
  } finally {
    for (const own of [folder, scratch]) rmSync(own, { recursive: true, force: true });
  }
  return image();
};
