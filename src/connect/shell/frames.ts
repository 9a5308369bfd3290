import {
  queryKey,
  type Content,
  type Output,
  type Snapshot,
  type Stat,
  type UnitState,
} from '../../contract/snapshot.ts';
import { textOfBytes } from '../../contract/bytes.ts';
import { isGlob } from '../../contract/glob.ts';
import { errnoOf } from './errno.ts';
import type { ReadPlan } from './script.ts';

/** The answer does not have the shape that was asked for: cut, forged, or not from our shell. Nothing of it is used. */
export class FrameError extends Error {
  constructor(message: string) {
    super(`the host's answer is not as asked for: ${message}`);
    this.name = 'FrameError';
  }
}

/** Walks over the bytes of an answer, held as latin1 text so that every byte is one character. */
class Cursor {
  private at = 0;
  private readonly text: string;
  private readonly nonce: string;
  constructor(text: string, nonce: string) {
    this.text = text;
    this.nonce = nonce;
  }
  /** The rest of a line `NONCE word…`; throws where the next line is another. */
  mark(word: string, end = '\n'): string {
    const head = `${this.nonce} ${word}`;
    if (!this.text.startsWith(head, this.at)) throw new FrameError(`expected "${word}"`);
    return this.until(end).slice(head.length).trim();
  }
  has(word: string): boolean {
    return this.text.startsWith(`${this.nonce} ${word}`, this.at);
  }
  /** Up to `end`, which is passed over; throws where it never comes. */
  until(end: string): string {
    const found = this.text.indexOf(end, this.at);
    if (found < 0) throw new FrameError('it ends too early');
    const part = this.text.slice(this.at, found);
    this.at = found + end.length;
    return part;
  }
  body(): string {
    return this.until(`${this.nonce} .\n`);
  }
  /** The separator that stands twice in a row here and holds the nonce. */
  separator(): string {
    const first = this.text.indexOf(this.nonce, this.at);
    const second = this.text.indexOf(this.nonce, first + 1);
    if (first < 0 || second < 0) throw new FrameError('no separator');
    const separator = this.text.slice(this.at, this.at + second - first);
    this.skip(separator);
    this.skip(separator);
    return separator;
  }
  skip(text: string): void {
    if (!this.text.startsWith(text, this.at)) throw new FrameError('a separator is missing');
    this.at += text.length;
  }
}

const escapes: Readonly<Record<string, string>> = { a: '\x07', b: '\b', t: '\t', n: '\n', v: '\v', f: '\f', r: '\r' };

/** A name as GNU's programs quote it where a shell would not take it literally: 'a'$'\t''b', 'it'\''s', "it's". */
const unquoted = (text: string): string =>
  text.replaceAll(
    /\$'((?:\\.|[^'\\])*)'|'([^']*)'|"([^"]*)"|\\(.)/gs,
    (_, escaped?: string, single?: string, double?: string, one?: string) =>
      escaped?.replaceAll(/\\([0-7]{3}|.)/gs, (__, code: string) =>
        code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (escapes[code] ?? code),
      ) ??
      single ??
      double ??
      one ??
      '',
  );

/** GNU says `cat: PATH: why`, busybox `cat: can't open 'PATH': why` or `cat: read error: why`. */
const contentOf = (segment: string, path: string): Content => {
  const line = segment.endsWith('\n') ? segment.slice(segment.lastIndexOf('\n', segment.length - 2) + 1) : '';
  if (!/^(?:\S*\/)?(?:cat|busybox): /.test(line)) return { raw: textOfBytes(segment) };
  const named = [line, unquoted(line)].some(
    (said) => said.includes(`cat: ${path}: `) || said.includes(`'${path}'`) || said.includes('cat: read error: '),
  );
  return named ? { errno: errnoOf(line) } : { raw: textOfBytes(segment) };
};

const readContents = (cursor: Cursor, root: string, chunk = 400): Map<string, Content> => {
  const count = Number(cursor.mark('content', '\0'));
  const paths = Array.from({ length: count }, () => cursor.until('\0'));
  const contents = new Map<string, Content>();
  for (let start = 0; start < count; start += chunk) {
    const separator = cursor.separator();
    for (const path of paths.slice(start, start + chunk)) {
      const content = contentOf(cursor.until(separator), path);
      const name = textOfBytes(path.slice(root.length));
      // A glob without a match stays as it is written: it names no file.
      if (!('errno' in content && content.errno === 'ENOENT' && isGlob(name))) contents.set(name, content);
    }
  }
  return contents;
};

const permissionBits = (letters: string): number => {
  const bits = letters
    .slice(1, 10)
    .split('')
    .reduce((mode, letter, index) => {
      const set = letter !== '-' && letter !== 'S' && letter !== 'T';
      return set ? mode | (1 << (8 - index)) : mode;
    }, 0);
  const special = [3, 6, 9].reduce(
    (mode, at, index) => (/[sStT]/.test(letters[at] ?? '') ? mode | (4 >> index) : mode),
    0,
  );
  return (special << 9) | bits;
};

const types: Readonly<Record<string, Stat['type']>> = { '-': 'file', d: 'dir', l: 'link' };
/** ls(1) -ldn: mode, links, uid, gid, size (or major, minor), three words of date, path, and `-> text` of a link. */
const listing = /^(\S{10})\S*\s+\d+\s+(\d+)\s+(\d+)\s+(?:\d+,\s*)?\d+\s+\S+\s+\S+\s+\S+ (.*)$/;

const readStats = (cursor: Cursor, root: string): Map<string, Stat> => {
  cursor.mark('stat');
  const stats = new Map<string, Stat>();
  for (const line of cursor.body().split('\n')) {
    const match = listing.exec(line);
    if (!match) continue;
    const [, letters = '', uid, gid, rest = ''] = match;
    const type = types[letters[0] ?? ''] ?? 'other';
    const arrow = type === 'link' ? rest.indexOf(' -> ') : -1;
    const path = arrow < 0 ? rest : rest.slice(0, arrow);
    stats.set(path.slice(root.length), {
      type,
      mode: permissionBits(letters),
      uid: Number(uid),
      gid: Number(gid),
      ...(arrow >= 0 && { link: rest.slice(arrow + 4) }),
    });
  }
  return stats;
};

/** Blocks of `Name=value` lines, one a unit, in the order asked; `Id` may differ where the name is an alias. */
const readUnits = (cursor: Cursor, names: readonly string[]): Map<string, UnitState> => {
  cursor.mark('units');
  const blocks = cursor.body().trim().split(/\n\n+/).filter(Boolean);
  if (blocks.length !== names.length) return new Map();
  return new Map(
    names.map((name, index) => {
      const values = new Map(blocks[index]!.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]));
      const state = (key: string): string => values.get(key) ?? '';
      return [name, { load: state('LoadState'), active: state('ActiveState'), enabled: state('UnitFileState') }];
    }),
  );
};

const readOutput = (cursor: Cursor, nonce: string): Output => {
  const text = textOfBytes(cursor.until(`\n${nonce} exit `));
  return { text, exit: Number(cursor.until('\n')) };
};

export const parseAnswer = (text: string, nonce: string, root: string, plan: ReadPlan, id: number): Snapshot => {
  const cursor = new Cursor(text, nonce);
  const content = readContents(cursor, root);
  const stat = cursor.has('stat') ? readStats(cursor, root) : new Map<string, Stat>();
  for (const path of plan.paragraphs) {
    cursor.mark('paragraph');
    const raw = cursor.body();
    content.set(path, raw === '' ? { errno: 'ENOENT' } : { raw });
  }
  const units = plan.units.length > 0 ? readUnits(cursor, plan.units) : new Map<string, UnitState>();
  const output = new Map<string, Output>();
  for (const [index, argv] of plan.queries.entries()) {
    cursor.mark(`query ${index}`);
    output.set(queryKey(argv), readOutput(cursor, nonce));
  }
  if (Number(cursor.mark('end')) !== id) throw new FrameError('it belongs to another question');
  return { content, stat, units, output };
};

export interface RunOutput {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `state` is the exit code of the op; skipped: something it needs failed. */
export interface WriteResult {
  readonly state: number | 'skipped';
  readonly text: string;
}

const expectRoom = (text: string, token: string): void => {
  if (text.endsWith(`${token} full\n`))
    throw new FrameError('No space left on device, where it is kept (/run/perfplay)');
};

/** The answer of an apply, framed by its token. */
export const parseResults = (text: string, token: string, count: number): readonly WriteResult[] => {
  expectRoom(text, token);
  const cursor = new Cursor(text, token);
  const states = cursor.mark('results').match(/\S+/g) ?? [];
  if (states.length !== count || !states.every((state) => /^(?:skipped|\d+)$/.test(state)))
    throw new FrameError(`it does not tell the results of ${count} ops`);
  const texts = new Map<number, string>();
  while (cursor.has('text ')) texts.set(Number(cursor.mark('text')), textOfBytes(cursor.body().replace(/\n$/, '')));
  const results = states.map((state, index): WriteResult => ({
    state: state === 'skipped' ? state : Number(state),
    text: texts.get(index) ?? '',
  }));
  cursor.mark('end');
  return results;
};

/** What a program said and how it ended, framed by its token. */
export const parseRun = (stdout: string, stderr: string, token: string): RunOutput => {
  expectRoom(stdout, token);
  const cursor = new Cursor(stdout, token);
  cursor.mark('run');
  const { text, exit } = readOutput(cursor, token);
  cursor.mark('end');
  const errors = stderr.split(`${token} run\n`)[1]?.split(`\n${token} ran\n`)[0] ?? '';
  return { exit, stdout: text, stderr: textOfBytes(errors) };
};

/** What became of a batch whose connection was cut. */
export type Fate =
  /** All of it was done; its answer. */
  | { readonly fate: 'done'; readonly stdout: string }
  /** It has not reached the host, and will not be run any more. */
  | { readonly fate: 'never' }
  | { readonly fate: 'running' }
  /** Its shell is gone before its end. */
  | { readonly fate: 'died' }
  /** The host keeps no answers. */
  | { readonly fate: 'lost' };

const fates = new Set(['never', 'running', 'died', 'lost'] as const);

export const parseFate = (text: string, nonce: string, id: number): Fate => {
  const cursor = new Cursor(text, nonce);
  const word = cursor.mark('attach');
  if (word === 'done') return { fate: word, stdout: cursor.until(`${nonce} end ${id}\n`) };
  cursor.mark('end');
  for (const fate of fates) if (fate === word) return { fate };
  throw new FrameError('it tells no fate of the batch');
};
