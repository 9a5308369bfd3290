import { verbatim } from '../../contract/codecs.ts';
import { dropIns } from '../../contract/drop-ins.ts';
import { combine, file, files, valueOf } from '../../contract/reads.ts';
import type { Reading, StoreName } from '../../contract/steps.ts';
import { sysctlPath } from '../../contract/sysctl-key.ts';
import { baseName, decidedBy, keptLines, parseLines, renderLines, textOf, upsert } from './lines.ts';
import { defineStore, type NextBoot, type Store } from './store.ts';

interface DropInFormat {
  readonly name: StoreName;
  /** Our file in the first of the folders. */
  readonly own: string;
  /** Highest priority first, as systemd reads them. */
  readonly folders: readonly string[];
  readonly parse: (line: string) => readonly [string, string] | undefined;
  readonly line: (name: string, value: string) => string;
  /** Any file's line counts, whatever comes after it; else the last one does. */
  readonly adds?: boolean;
}

/** A store that is a drop-in file among those of others, the last of which wins: sysctl.d(5), tmpfiles.d(5), modules-load.d(5). */
const dropInStore = ({
  name,
  own,
  folders,
  parse,
  line,
  adds = false,
}: DropInFormat): Store<ReadonlyMap<string, Reading<string>>> =>
  defineStore({
    name,
    own: combine({ text: file(own, verbatim) }, ({ text }) => keptLines(parseLines(textOf(text), parse))),
    state: files(
      folders.map((folder) => `${folder}/*.conf`),
      verbatim,
    ),
    nextBoot: (state, entry) => {
      let found: NextBoot = { value: null };
      for (const [path, reading] of dropIns(state, folders)) {
        const value = parseLines(valueOf(reading) ?? '', parse).get(entry.name);
        if (value === undefined || (adds && found.problem !== undefined)) continue;
        const isDecisive = adds ? path !== own : baseName(path) > baseName(own);
        found = { value, from: path, ...(isDecisive && { problem: decidedBy(path, value) }) };
      }
      return found;
    },
    write: (state, edits) => {
      const before = textOf(state.get(own));
      const lines = upsert(
        parseLines(before, parse),
        [...edits].map(([key, entry]) => [key, entry?.value]),
      );
      return { changes: [{ at: { kind: 'file', path: own }, before, after: renderLines(lines, line) }], finalize: [] };
    },
  });

const systemdFolders = (folder: string): readonly string[] =>
  ['/etc', '/run', '/usr/local/lib', '/usr/lib'].map((parent) => `${parent}/${folder}`);

/** Names are paths under /proc/sys. */
export const sysctl = dropInStore({
  name: 'sysctl.d',
  own: '/etc/sysctl.d/zz-perfplay.conf',
  folders: systemdFolders('sysctl.d'),
  parse: (line) => {
    const match = /^\s*-?([^#;=\s]+)\s*=\s*(.*?)\s*$/.exec(line);
    return match ? [sysctlPath(match[1]!), match[2]!.split(/\s+/).join(' ')] : undefined;
  },
  line: (name, value) => `${name} = ${value}`,
});

/** Names are paths. Only /sys/kernel/mm: systemd-tmpfiles runs before later devices are there, and misses them in silence. */
export const tmpfiles = dropInStore({
  name: 'tmpfiles.d',
  own: '/etc/tmpfiles.d/zz-perfplay.conf',
  folders: systemdFolders('tmpfiles.d'),
  parse: (line) => {
    const match = /^w[+!-]*\s+(\S+)\s+\S+\s+\S+\s+\S+\s+\S+\s+(.*?)\s*$/.exec(line);
    return match ? [match[1]!, match[2]!] : undefined;
  },
  line: (name, value) => `w ${name} - - - - ${value}`,
});

/** Names and values are module names, with `_` for `-` as the kernel shows them. */
export const modulesLoad = dropInStore({
  name: 'modules-load.d',
  own: '/etc/modules-load.d/perfplay.conf',
  folders: systemdFolders('modules-load.d'),
  parse: (line) => {
    const name = line.trim().replaceAll('-', '_');
    return /^[a-z0-9_]+$/i.test(name) ? [name, name] : undefined;
  },
  line: (name) => name,
  adds: true,
});
