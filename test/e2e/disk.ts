import type { LabHost } from '../lab/host.ts';

/** A host as its root sees it: of each path mode, owner and what it holds. */
export type Disk = ReadonlyMap<string, string>;

/** Files and folders on disk, the text of each attribute, the state of each unit. Needs GNU's stat. */
const script = `cd /
find etc boot srv var/lib usr/local -xdev -print0 | xargs -0 stat -c 'S %n %F %a %u:%g'
find etc boot srv var/lib usr/local -xdev -type f -print0 | xargs -0 sha256sum | sed 's/^/H /'
grep -rasHZ '' sys proc/sys/vm proc/sys/kernel proc/sys/fs proc/sys/net/core proc/irq | sed 's/^/A /'
for unit in irqbalance ksm ksmtuned perfplay-boot; do
  echo U $unit $(systemctl show -p LoadState -p ActiveState -p UnitFileState $unit.service)
done
`;

/** What perfplay and the lab's stubs write of themselves. */
const isRecord = (path: string): boolean =>
  /^(var\/lib\/perfplay(\/journal.*)?|var\/lib\/lab\/(calls|flights|units\/.*)|var\/lib\/sudo.*|boot\/grub\/grub\.cfg\.perfplay.*)$/.test(
    path,
  ) ||
  path === 'proc/sys/kernel/random' ||
  path.startsWith('proc/sys/kernel/random/');

/** Of a choice that the kernel shows among others the choice: files of the lab keep what was written. */
const chosen = (text: string): string => /\[(\S+)\]/.exec(text)?.[1] ?? text;

const lineOf = (line: string): readonly [string, string] | undefined => {
  const [, kind, rest = ''] = /^([SHAU]) (.*)$/s.exec(line) ?? [];
  if (kind === 'S' || kind === 'U') {
    const [, path = '', more = ''] = /^(\S+) (.*)$/.exec(rest) ?? [];
    return [path, more.replace('empty ', '')];
  }
  if (kind === 'H') return [rest.slice(66), rest.slice(0, 64)];
  if (kind === 'A') return [rest.slice(0, rest.indexOf('\0')), chosen(rest.slice(rest.indexOf('\0') + 1))];
  return undefined;
};

export const diskOf = async (host: LabHost): Promise<Disk> => {
  const disk = new Map<string, string>();
  for (const line of (await host.sh(script)).split('\n')) {
    const found = lineOf(line);
    if (found && !isRecord(found[0])) disk.set(found[0], `${disk.get(found[0]) ?? ''}${found[1]}\n`);
  }
  return disk;
};

/** Paths that are not the same, in their order. */
export const differing = (left: Disk, right: Disk): readonly string[] =>
  [...new Set([...left.keys(), ...right.keys()])].filter((path) => left.get(path) !== right.get(path)).sort();
