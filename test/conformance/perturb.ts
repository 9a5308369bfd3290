import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Setting, StoreEntry, Target } from '../../src/contract/steps.ts';
import type { Image } from './image.ts';
import type { LabHost } from './lab-host.ts';
import { storeFiles } from './store-files.ts';

/** Something that somebody does to a converged host behind perfplay's back, and the keys that the next plan must name. */
export interface Perturbation {
  readonly name: string;
  readonly level: 'running' | 'boot';
  readonly keys: readonly string[];
  readonly make: () => void | Promise<void>;
}

/** Another text that the attribute could show: the other choice, 0 or 1 for a number, a word that the kernel offers. */
const otherText = (text: string, allowed: readonly string[]): string => {
  const value = text.trim();
  const chosen = /\[(\S+)\]/.exec(value)?.[1];
  if (chosen !== undefined) {
    const other = value.split(/\s+/).find((word) => !word.startsWith('['));
    if (other !== undefined) return `${value.replace(`[${chosen}]`, chosen).replace(other, `[${other}]`)}\n`;
  }
  if (/^[YN]$/.test(value)) return value === 'Y' ? 'N\n' : 'Y\n';
  const number = /\d+/.exec(value)?.[0];
  if (number !== undefined) return `${value.replace(number, number === '0' ? '1' : '0')}\n`;
  const word = allowed.find((one) => one !== value);
  if (word !== undefined) return `${word}\n`;
  throw new Error(`nothing else than ${value} is known: let the example change it`);
};

/** The text that stood there on the fresh host; undefined: nothing did. */
const freshText = (fresh: Image, host: LabHost, name: string): string | undefined => {
  const real = realpathSync(path.join(host.root, name)).slice(host.root.length);
  const entry = fresh.get(real);
  return entry?.kind === 'file' ? entry.text : undefined;
};

const overwrite = (file: string, text: string): void => {
  rmSync(file, { force: true });
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text, 'latin1');
};

const toggleFile = (file: string, text: string): void => (existsSync(file) ? rmSync(file) : overwrite(file, text));

const toggleLink = (link: string, to: string): void => {
  if (lstatSync(link, { throwIfNoEntry: false })) rmSync(link);
  else symlinkSync(to, link);
};

/** The unit's state as the lab's systemctl keeps it. */
const toggleUnit = ({ root }: LabHost, { name, aspect }: Extract<Target, { kind: 'unit' }>): void => {
  const units = path.join(root, '/etc/systemd/system');
  if (aspect === 'active') toggleFile(path.join(root, '/run/lab/units', name), 'active\n');
  else if (aspect === 'masked') toggleLink(path.join(units, name), '/dev/null');
  else toggleLink(path.join(units, 'multi-user.target.wants', name), `/usr/lib/systemd/system/${name}`);
};

/** Another text in a file that may be there already, with the same mode. */
const rewrite = (file: string, text: string): void => {
  const mode = existsSync(file) ? statSync(file).mode & 0o7777 : undefined;
  overwrite(file, text);
  if (mode !== undefined) chmodSync(file, mode);
};

/** The line is gone, or only the word; where it should be gone, it is back. */
const breakEntry = ({ root }: LabHost, target: Extract<Target, { kind: 'entry' }>, wanted: boolean): void => {
  const { name, word, section } = target;
  const file = path.join(root, target.path);
  const text = readFileSync(file, 'utf8');
  if (!wanted) {
    const head = section === undefined ? '' : `[${section}]\n`;
    return rewrite(file, `${text}${head}${name}="${word ?? 'perturbed'}"\n`);
  }
  const lines = text.split('\n').flatMap((line) => {
    if (line.split('=')[0]?.trim() !== name) return [line];
    return word === undefined ? [] : [line.replace(word, '')];
  });
  rewrite(file, lines.join('\n'));
};

/** The package as the lab's package managers keep it. */
const togglePackage = ({ root }: LabHost, name: string): void =>
  toggleFile(path.join(root, '/var/lib/lab/packages', name.slice('package '.length)), '');

/** A program's doing is undone by putting back the processes as they were before it ran. */
const restartAsBefore = ({ root, fresh }: LabHost): void => {
  for (const [name, { kind, text }] of fresh)
    if (kind === 'file' && /^\/proc\/\d+\//.test(name) && readFileSync(path.join(root, name), 'latin1') !== text)
      overwrite(path.join(root, name), text);
};

const runningFlip = (host: LabHost, setting: Setting, settings: readonly Setting[]): readonly Perturbation[] => {
  const { key, want, running, allowed = [] } = setting;
  const { target } = running;
  // A unit that is not installed has no state.
  if (!target || (target.kind === 'unit' && 'errno' in running)) return [];
  const flip = (
    make: Perturbation['make'],
    level: Perturbation['level'] = 'running',
    keys: readonly string[] = [key],
  ): readonly Perturbation[] => [{ name: `${key}: ${target.kind} flipped`, level, keys, make }];
  const below = (folder: string): readonly string[] =>
    settings
      .filter((one) => one.running.target && 'path' in one.running.target && one.running.target.path === folder)
      .map((one) => one.key);
  switch (target.kind) {
    case 'attribute': {
      const file = path.join(host.root, target.path);
      return flip(() => {
        const now = readFileSync(file, 'latin1');
        const before = freshText(host.fresh, host, target.path);
        overwrite(realpathSync(file), before === undefined || before === now ? otherText(now, allowed) : before);
      });
    }
    case 'directory':
      // Its mode and owner go with it.
      return flip(() => rmSync(path.join(host.root, target.path), { recursive: true }), 'boot', below(target.path));
    case 'permission': {
      const file = path.join(host.root, target.path);
      return target.aspect === 'mode' ? flip(() => chmodSync(file, statSync(file).mode ^ 0o004), 'boot') : [];
    }
    case 'file':
      return flip(() => rewrite(path.join(host.root, target.path), 'somebody else wrote this\n'), 'boot');
    case 'entry':
      return flip(() => breakEntry(host, target, want !== null), 'boot');
    case 'unit':
      return flip(() => toggleUnit(host, target), target.aspect === 'active' ? 'running' : 'boot');
    case 'kernel-module':
      return flip(() => {
        const folder = path.join(host.root, '/sys/module', target.name);
        // insmod(8) asks no modprobe.d.
        if (want === null) {
          overwrite(path.join(folder, 'initstate'), 'live\n');
          overwrite(path.join(folder, 'refcnt'), '0\n');
        } else rmSync(folder, { recursive: true });
      });
    case 'program':
      return flip(() =>
        target.name.startsWith('package ') ? togglePackage(host, target.name) : restartAsBefore(host),
      );
  }
};

/** Somebody's later file, and the boot loader's menu made anew; or grubby. */
const changeKernelLine = async (host: LabHost, name: string): Promise<void> => {
  const word = `${name}=perturbed`;
  if (existsSync(path.join(host.folder.programs, 'grubby'))) {
    await host.run('grubby', '--update-kernel=ALL', `--args=${word}`);
    return;
  }
  const line = `GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT ${word}"\n`;
  overwrite(path.join(host.root, '/etc/default/grub.d/zzz-somebody.cfg'), line);
  await host.run('update-grub');
};

/** A wanted line is deleted; an unwanted one comes back, in somebody else's file. */
const breakStore = async (host: LabHost, { store, name, value }: StoreEntry): Promise<void> => {
  if (store === 'kernel-arg') return changeKernelLine(host, name);
  if (value === null) {
    if (store !== 'modules-load.d') throw new Error(`${store} ${name}: how is an unwanted line brought back?`);
    return overwrite(path.join(host.root, '/etc/modules-load.d/somebody.conf'), `${name}\n`);
  }
  const { path: own, isAbout } = storeFiles[store];
  const lines = readFileSync(path.join(host.root, own), 'utf8').split('\n');
  const kept = lines.filter((line) => !isAbout(line, name));
  if (kept.length !== lines.length - 1)
    throw new Error(`${own}: ${lines.length - kept.length} lines are about ${name}`);
  overwrite(path.join(host.root, own), kept.join('\n'));
};

const bootFlips = (host: LabHost, settings: readonly Setting[]): readonly Perturbation[] => {
  const kept = settings.flatMap(({ key, persist }) => ('name' in persist ? [{ key, entry: persist }] : []));
  const byLine = new Map<string, { readonly entry: StoreEntry; readonly keys: readonly string[] }>();
  for (const { key, entry } of kept) {
    const line = `${entry.store} ${entry.name}`;
    byLine.set(line, { entry, keys: [...(byLine.get(line)?.keys ?? []), key] });
  }
  const inTable = kept.filter(({ entry }) => entry.store === 'boot.tab').map(({ key }) => key);
  const unit = { kind: 'unit', name: 'perfplay-boot.service', aspect: 'enabled' } as const;
  return [
    ...[...byLine].map(([line, { entry, keys }]): Perturbation => ({
      name: `${line}: ${entry.value === null ? 'brought back' : 'lost'}`,
      level: 'boot',
      keys,
      make: () => breakStore(host, entry),
    })),
    ...(inTable.length > 0
      ? [{ name: `${unit.name} disabled`, level: 'boot', keys: inTable, make: () => toggleUnit(host, unit) } as const]
      : []),
  ];
};

/** Every single thing that can go wrong with the settings of a converged host, at the level of the running system and of the boot. */
export const perturbations = (host: LabHost, settings: readonly Setting[]): readonly Perturbation[] => [
  ...settings.flatMap((setting) => runningFlip(host, setting, settings)),
  ...bootFlips(host, settings),
];
