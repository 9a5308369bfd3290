import { verbatim } from './codecs.ts';
import { dropIns } from './drop-ins.ts';
import { kernelWords } from './kernel-line.ts';
import { combine, files, valueOf, type Read } from './reads.ts';

/** What modprobe.d(5) says of a module, one thing a line; module and option names with `_` for `-`. */
export interface ModprobeLine {
  /** `blacklist MODULE`, `install MODULE`, `options MODULE OPTION`. */
  readonly name: string;
  /** `blacklisted`, the command, the option's value. */
  readonly value: string;
  /** The file that says so. */
  readonly path: string;
}

/** Highest priority first; /lib may be /usr/lib, whose files then hide themselves. */
const folders = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((parent) => `${parent}/modprobe.d`);

const saidBy = (line: string): readonly (readonly [name: string, value: string])[] => {
  const [, command, written, rest = ''] = /^\s*(blacklist|install|options)\s+(\S+)\s*(.*?)\s*$/.exec(line) ?? [];
  if (command === undefined || written === undefined) return [];
  const module = written.replaceAll('-', '_');
  if (command === 'blacklist') return [[`blacklist ${module}`, 'blacklisted']];
  if (command === 'install') return [[`install ${module}`, rest]];
  // An option without a value switches a boolean on.
  return kernelWords(rest).map(({ name, word }) => [
    `options ${module} ${name}`,
    word.includes('=') ? word.slice(word.indexOf('=') + 1) : 'Y',
  ]);
};

/** What one file of modprobe.d says, in its order. */
export const modprobeEntries = (text: string): readonly (readonly [name: string, value: string])[] =>
  text.replaceAll('\\\n', '').split('\n').flatMap(saidBy);

/** All that the files of modprobe.d say, in the order in which modprobe reads them. A file that cannot be read says nothing. */
export const modprobeLines: Read<readonly ModprobeLine[]> = combine(
  {
    texts: files(
      folders.map((folder) => `${folder}/*.conf`),
      verbatim,
    ),
  },
  ({ texts }) =>
    dropIns(texts, folders).flatMap(([path, reading]) =>
      modprobeEntries(valueOf(reading) ?? '').map(([name, value]) => ({ name, value, path })),
    ),
);
