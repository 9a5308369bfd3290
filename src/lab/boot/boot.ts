import { randomUUID } from 'node:crypto';
import { readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runProgram, type HostFolder } from '../folder.ts';
import type { SimulatedHost } from '../hosts.ts';
import { releases } from '../releases.ts';
import { kernelTree, machineTree } from '../tree/kernel.ts';
import { plant } from '../tree/tree.ts';
import { configurationLines, exists, expand } from './configuration.ts';
import { kernelLine } from './loader.ts';
import { udevWrites } from './udev.ts';

export interface Boot {
  /** /proc/sys/kernel/random/boot_id. */
  readonly id: string;
  readonly line: string;
  /** What was asked for on disk and could not be done: also in the host's /var/log/boot.log. */
  readonly complaints: readonly string[];
}

type Write = readonly [path: string, value: string];

const sysctlWrites = async (root: string): Promise<readonly Write[]> =>
  (await configurationLines(root, 'sysctl.d')).flatMap((line): Write[] => {
    const match = /^-?([^=\s]+)\s*=\s*(.*)$/.exec(line);
    return match
      ? [[`/proc/sys/${match[1]!.includes('/') ? match[1]! : match[1]!.replaceAll('.', '/')}`, match[2]!]]
      : [];
  });

/** `w` lines of /sys/kernel/mm alone: other attributes' drivers load later than systemd-tmpfiles runs. */
const tmpfilesWrites = async (root: string): Promise<readonly Write[]> => {
  const writes: Write[] = [];
  for (const line of await configurationLines(root, 'tmpfiles.d')) {
    const [type = '', pattern = '', , , , , ...words] = line.split(/\s+/);
    if (!/^w[+!-]*$/.test(type) || !pattern.startsWith('/sys/kernel/mm/')) continue;
    for (const file of await expand(root, pattern)) writes.push([file, words.join(' ')]);
  }
  return writes;
};

/** Enabled units, in the order of their names; apart those that come after multi-user.target. */
const enabledUnits = async (
  root: string,
): Promise<{ readonly early: readonly string[]; readonly late: readonly string[] }> => {
  const units = path.join(root, 'etc/systemd/system');
  const wants = (await readdir(units)).filter((name) => name.endsWith('.wants'));
  const wanted = (await Promise.all(wants.map((name) => readdir(path.join(units, name))))).flat().sort();
  // A masked unit that others want is passed over in silence.
  const links = await Promise.all(wanted.map((name) => readlink(path.join(units, name)).catch(() => '')));
  const names = wanted.filter((_, index) => links[index] !== '/dev/null');
  const texts = await Promise.all(names.map((name) => readFile(path.join(units, name), 'utf8').catch(() => '')));
  const isLate = names.map((_, index) => /^After=.*\bmulti-user\.target\b/m.test(texts[index]!));
  return { early: names.filter((_, index) => !isLate[index]), late: names.filter((_, index) => isLate[index]) };
};

/** The guests that libvirt starts. The first time by the host's story, later with vhost where the module is there. */
const startMachines = async (host: SimulatedHost, folder: HostFolder, first: boolean): Promise<void> => {
  if (first && host.machines.some(({ vhost }) => vhost)) await runProgram(folder, 'modprobe', ['vhost_net']);
  const loaded = await exists(path.join(folder.root, 'dev/vhost-net'));
  const machines = host.machines.map((machine) => ({ ...machine, vhost: first ? machine.vhost : loaded }));
  for (const [index, { name, vhost }] of machines.entries())
    plant(folder.root, machineTree(2001 + 10 * index, name, vhost));
  const users = machines.filter(({ vhost }) => vhost).length;
  if (loaded) await writeFile(path.join(folder.root, 'sys/module/vhost_net/refcnt'), `${users}\n`);
};

/**
 * A simulated boot: everything that is not on disk starts over, then what is on disk is applied in the order of a real boot:
 * kernel line, modules, sysctl.d, tmpfiles.d, udev rules, units, guests, and units after multi-user.target.
 * Throws LabError where the boot loader finds nothing to start.
 */
export const bootHost = async (host: SimulatedHost, folder: HostFolder): Promise<Boot> => {
  const { root } = folder;
  const line = await kernelLine(root, releases[host.release].boot);
  const number = Number(await readFile(folder.boots, 'utf8').catch(() => '0')) + 1;
  const id = randomUUID();
  for (const name of ['sys', 'proc', 'dev', 'run', 'tmp'])
    await rm(path.join(root, name), { recursive: true, force: true });
  plant(root, kernelTree(host, { line, id, number }));
  await writeFile(folder.boots, `${number}\n`);

  const complaints: string[] = [];
  const attempt = async (who: string, program: string, args: readonly string[]): Promise<void> => {
    const { exit, stderr } = await runProgram(folder, program, args);
    if (exit !== 0) complaints.push(`${who}: ${args.join(' ')}: ${stderr.trim()}`);
  };
  for (const name of await configurationLines(root, 'modules-load.d'))
    await attempt('modules-load', 'modprobe', ['-b', name]);
  for (const write of await sysctlWrites(root)) await attempt('sysctl', 'write', write);
  for (const write of await tmpfilesWrites(root)) await attempt('tmpfiles', 'write', write);
  for (const write of await udevWrites(root)) await attempt('udev', 'write', write);
  const { early, late } = await enabledUnits(root);
  for (const name of early) await attempt('systemd', 'systemctl', ['start', name]);
  await startMachines(host, folder, number === 1);
  for (const name of late) await attempt('systemd', 'systemctl', ['start', name]);
  await writeFile(path.join(root, 'var/log/boot.log'), complaints.map((complaint) => `${complaint}\n`).join(''));
  return { id, line, complaints };
};
