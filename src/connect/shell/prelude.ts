import { quote } from './quote.ts';
import changesText from './changes.sh?raw';
import filesText from './files.sh?raw';
import preludeText from './prelude.sh?raw';

/** A target whose `/` is a folder: a simulated host, or a mounted image. */
export interface ShellRoot {
  readonly root?: string;
  /** The program that writes attributes there. */
  readonly write?: string;
  /** A folder put first in PATH. */
  readonly path?: string;
}

/** The same script without comment lines and indentation: every byte travels to every host. For scripts without here-documents. */
export const bare = (script: string): string => script.replaceAll(/^[ \t]+/gm, '').replaceAll(/^(?:#.*)?\n/gm, '');

const functions = bare(preludeText);

/** The text that a fresh shell is given before the first batch. */
export const prelude = (nonce: string, { root = '', write = '', path = '' }: ShellRoot): string =>
  `PP_NONCE=${quote(nonce)} PP_ROOT=${quote(root)} PP_WRITE=${quote(write)} PP_PATH=${quote(path)}\n${functions}\n`;

/** What a shell is told, once, before the first batch that changes something. */
export const changes = bare(changesText) + bare(filesText);
