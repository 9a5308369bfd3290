import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { nearest } from '../../diagnostics.ts';
import type { Position } from '../../diagnostics.ts';

/** A file of the controller that a task puts somewhere. */
export interface FoundFile {
  readonly path: string;
  /** Its bytes, one character each, where it is wanted raw; else its text. */
  readonly text: string;
}

export interface FileProblem {
  readonly code: 'missing-file' | 'unreadable-file' | 'file-too-large';
  readonly message: string;
  readonly hint?: string;
}

/** Bytes to put on a host, a template to render, a text to look up. */
export type FileForm = 'raw' | 'template' | 'text';

export interface ControllerFiles {
  /**
   * The file that a task means: an absolute path as it is; else the first that exists of `files/` (for templates: `templates/`)
   * in each of the folders, and the folder itself. Each file is read once.
   */
  readonly find: (name: string, form: FileForm, folders: readonly string[]) => FoundFile | FileProblem;
}

export const isFileProblem = (found: FoundFile | FileProblem): found is FileProblem => 'code' in found;

const largest = 1024 * 1024;
const subfolders: Readonly<Record<FileForm, string>> = {
  raw: 'files',
  template: 'templates',
  text: 'files',
};

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ELOOP: 'its symbolic links go in a circle',
};

const exists = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined;

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const missing = (name: string, searched: readonly string[], candidates: readonly string[]): FileProblem => {
  const near = candidates
    .map((candidate) => {
      const found = nearest(path.basename(candidate), namesIn(path.dirname(candidate)));
      return found && path.join(path.dirname(name), found);
    })
    .find((found) => found !== undefined);
  const where = `looked in ${searched.map((folder) => path.join(folder, '/')).join(', ')}`;
  return {
    code: 'missing-file',
    message: `there is no file '${name}'`,
    hint: near === undefined ? where : `did you mean '${near}'? ${where}`,
  };
};

const readBytes = (file: string): Buffer | FileProblem => {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) {
      const kind = stats.isDirectory() ? 'it is a folder' : 'it is no regular file';
      return { code: 'unreadable-file', message: `${file} cannot be read: ${kind}` };
    }
    const megabytes = (stats.size / largest).toFixed(1);
    if (stats.size > largest)
      return { code: 'file-too-large', message: `${file} has ${megabytes} MB; at most 1 MB is taken` };
    return readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    return { code: 'unreadable-file', message: `${file} cannot be read: ${reasons[code] ?? code}` };
  }
};

const textOf = (file: string, bytes: Buffer, form: FileForm): FoundFile | FileProblem => {
  if (form === 'raw') return { path: file, text: bytes.toString('latin1') };
  try {
    return { path: file, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { code: 'unreadable-file', message: `${file} is not UTF-8 text` };
  }
};

/** A cache of the files of one run. */
export const createControllerFiles = (): ControllerFiles => {
  const bytes = new Map<string, Buffer | FileProblem>();
  const found = new Map<string, FoundFile | FileProblem>();

  const search = (name: string, form: FileForm, folders: readonly string[]): FoundFile | FileProblem => {
    const searched = path.isAbsolute(name)
      ? [path.dirname(name)]
      : folders.flatMap((folder) => [path.join(folder, subfolders[form]), folder]);
    const candidates = path.isAbsolute(name) ? [name] : searched.map((folder) => path.join(folder, name));
    try {
      const file = candidates.find(exists);
      if (file === undefined) return missing(name, searched, candidates);
      const read = bytes.get(file) ?? readBytes(file);
      bytes.set(file, read);
      return Buffer.isBuffer(read) ? textOf(file, read, form) : read;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      return { code: 'unreadable-file', message: `'${name}' cannot be looked for: ${reasons[code] ?? code}` };
    }
  };

  return {
    find: (name, form, folders) => {
      const key = JSON.stringify([form, name, folders]);
      const known = found.get(key) ?? search(name, form, folders);
      found.set(key, known);
      return known;
    },
  };
};

/** The place of some characters of a file's text. */
export const placeInFile = ({ path: file, text }: FoundFile, offset = 0, length = 1): Position => {
  const before = text.slice(0, offset).split('\n');
  return { file, line: before.length, column: before.at(-1)!.length + 1, length };
};
