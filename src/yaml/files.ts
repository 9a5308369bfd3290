import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError, nearest } from '../diagnostics.ts';
import type { Position } from '../diagnostics.ts';

/** The input files of one call: read once, kept so that an error can show the line. */
export interface Sources {
  /**
   * The text of a UTF-8 file, without its byte order mark. `position`: where the name of the file was written.
   * Throws InputError (`missing-file`, `unreadable-file`) naming the nearest file of that folder.
   */
  readonly read: (file: string, position?: Position) => string;
  /** The text of a file that was read before. */
  readonly text: (file: string) => string | undefined;
  /** SHA-256 of the names and texts of all files that were read. */
  readonly hash: () => string;
}

/** Whether the path is a folder that can be reached. */
export const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};

const neighbour = (file: string): string | undefined => {
  try {
    const name = nearest(basename(file), readdirSync(dirname(file)));
    return name && join(dirname(file), name);
  } catch {
    return undefined;
  }
};

const reasons: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links go in a circle',
  EACCES: 'permission denied',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
};

const failure = (file: string, error: unknown, position: Position | undefined): InputError => {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  const near = missing ? neighbour(file) : undefined;
  return new InputError([
    {
      code: missing ? 'missing-file' : 'unreadable-file',
      severity: 'error',
      message: missing ? `${file} does not exist` : `${file} cannot be read: ${reasons[code] ?? code}`,
      ...(position && { position }),
      ...(near && { hint: `did you mean ${near}?` }),
    },
  ]);
};

/** A cache of input files; one for each call of the program. */
export const createSources = (): Sources => {
  const texts = new Map<string, string>();
  return {
    read: (file, position) => {
      const known = texts.get(file);
      if (known !== undefined) return known;
      try {
        const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
        texts.set(file, text);
        return text;
      } catch (error) {
        throw failure(file, error, position);
      }
    },
    text: (file) => texts.get(file),
    hash: () =>
      createHash('sha256')
        .update(JSON.stringify([...texts].sort(([left], [right]) => (left < right ? -1 : 1))))
        .digest('hex'),
  };
};
