import { memoize } from '../../contract/memoize.ts';
import { isGlob } from '../../contract/glob.ts';
import { opName, type ReadOp, type Where } from '../../contract/reads.ts';
import type { Owner, Target } from '../../contract/steps.ts';
import lockText from './lock.sh?raw';
import { bare } from './prelude.ts';
import watchText from './watch.sh?raw';
import { fileRows, type FileRow } from './file-rows.ts';
import { quote, quotePattern } from './quote.ts';

/** A program with its arguments, and what its environment holds besides. */
export interface Program {
  readonly argv: readonly string[];
  readonly environment?: ReadonlyMap<string, string>;
  /** Seconds after which it is ended: exit code 124, or 137 where it had to be killed. */
  readonly timeout?: number;
}

type Aspect = Extract<Target, { kind: 'permission' }>['aspect'];

/** One change or act, as the target's sh does it. `needs`: ops before it that must have succeeded. */
export type WriteOp = { readonly needs?: readonly number[] } & (
  | { readonly op: 'attribute'; readonly path: string; readonly value: string }
  /**
   * `before` is what was read (null: absent); a file that is no longer so is left alone. `mode` and `owner` are for one that is
   * made.
   */
  | {
      readonly op: 'file';
      readonly path: string;
      readonly mode: number;
      readonly owner?: Owner;
      readonly before: string | null;
      readonly after: string;
    }
  /** `sweep`: its folder goes with it, where nothing else is in it. */
  | { readonly op: 'remove'; readonly path: string; readonly before: string; readonly sweep?: boolean }
  /** With the folders above it; one that is there is left as it is. */
  | { readonly op: 'directory'; readonly path: string; readonly mode: number; readonly owner?: Owner }
  /** Only an empty one can go. */
  | { readonly op: 'remove-directory'; readonly path: string }
  | { readonly op: 'permission'; readonly path: string; readonly aspect: Aspect; readonly value: string }
  | ({ readonly op: 'program' } & Program)
  /** A private file, fsynced; another one, `made`, names the folders above one of `paths` that do not exist yet. */
  | {
      readonly op: 'record';
      readonly folder: string;
      readonly name: string;
      readonly text: string;
      readonly made: string;
      readonly paths: readonly string[];
    }
  /** This run alone changes things from here on, as long as the shell lives. `seen`: the lock's text as it was read. */
  | { readonly op: 'lock'; readonly run: string; readonly who: string; readonly since: string; readonly seen: string }
  /** In so many seconds `undo` is done, unless `confirm` comes before, with the same token. */
  | { readonly op: 'arm'; readonly token: string; readonly seconds: number; readonly undo: readonly WriteOp[] }
  /** Fails where it was undone, and says what of that failed. Told again, it gives the same, until `disarm`. */
  | { readonly op: 'confirm' | 'disarm'; readonly token: string }
  /** Nothing: what others need stands for all that it needs. */
  | { readonly op: 'gate' }
  /** Folders that go where they are empty. */
  | { readonly op: 'sweep'; readonly paths: readonly string[] }
  /** A function that `script` defines; it leaves what went wrong in `pp_text`. */
  | { readonly op: 'function'; readonly script: string; readonly name: string; readonly args: readonly string[] }
);

type PathOp = Extract<ReadOp, { op: 'content' | 'stat' }>;

const patternOf = memoize((op: PathOp): string => quotePattern(op.pattern));
const isPattern = memoize((op: PathOp): boolean => op.where !== undefined || isGlob(op.pattern));

const where = ({ file, matches }: Where, pattern: string): string =>
  `for pp_p in ${pattern}; do pp_line "\${pp_p%/*}"/${quote(file)} && ` +
  `case $pp_l in ${matches.map(quote).join('|')}) set -- "$@" "$pp_p" ;; esac; done`;

/** Commands that put every path meant by the ops into "$@". Here alone sh expands patterns. */
const collect = (ops: readonly PathOp[]): string[] => {
  const patterns = ops.filter(isPattern);
  const collected = [
    ['set -- "$@"', ...patterns.filter((op) => !op.where).map(patternOf)].join(' '),
    ...patterns.flatMap((op) => (op.where ? [where(op.where, patternOf(op))] : [])),
  ];
  return [
    ['set --', ...ops.filter((op) => !isPattern(op)).map(patternOf)].join(' '),
    ...(patterns.length > 0 ? ['set +f', ...collected, 'set -f'] : []),
  ];
};

/** Equal ops asked once, whoever asks. */
const uniqueOps = (ops: readonly ReadOp[]): readonly ReadOp[] => [
  ...new Map(ops.map((op) => [opName(op), op])).values(),
];

/** The function `pp_batch` of the target's sh, and its call: nothing runs before its last line has arrived. */
const batch = (lines: readonly string[], call = 'pp_batch'): string =>
  `pp_batch() {\n${lines.join('\n')}\n}\n${call} </dev/null\n`;

/** A batch that changes something: it runs once, and its answer is kept under its token. */
const batchOnce = (token: string, lines: readonly string[]): string => batch(lines, `pp_once ${quote(token)} pp_batch`);

export interface ReadPlan {
  readonly paragraphs: readonly string[];
  readonly units: readonly string[];
  readonly queries: readonly (readonly string[])[];
}

/** One ask as text, and what its answer must hold besides files. */
export const readScript = (
  id: number,
  asked: readonly ReadOp[],
): { readonly text: string; readonly plan: ReadPlan } => {
  const ops = uniqueOps(asked);
  const contents = ops.filter((op) => op.op === 'content');
  const paragraphs = contents.filter((op) => op.part === 'paragraph').map((op) => op.pattern);
  const units = ops.flatMap((op) => (op.op === 'unit' ? [op.name] : []));
  const queries = ops.flatMap((op) => (op.op === 'query' ? [op.argv] : []));
  const stats = ops.filter((op) => op.op === 'stat');
  const text = batch([
    ...collect(contents.filter((op) => !op.part)),
    'pp_content "$@"',
    ...(stats.length > 0 ? [...collect(stats), 'pp_stat "$@"'] : []),
    ...paragraphs.map((path) => `pp_paragraph ${quotePattern(path)}`),
    ...(units.length > 0 ? [`pp_units ${units.map(quote).join(' ')}`] : []),
    ...queries.map((argv, index) => `pp_query ${index} ${argv.map(quote).join(' ')}`),
    `pp_end ${id}`,
  ]);
  return { text, plan: { paragraphs, units, queries } };
};

const killedAfter = 5;

/** The words that `pp_exec` takes. */
const programWords = ({ argv, environment = new Map(), timeout }: Program): string => {
  const settings = [...environment].map(([name, value]) => `${name}=${value}`);
  const limit = timeout === undefined ? [] : ['timeout', '-k', String(killedAfter), String(timeout)];
  return [String(settings.length), ...settings, ...limit, ...argv].map(quote).join(' ');
};

const rooted = (path: string): string => `"$PP_ROOT"${quote(path)}`;

/** printf(1)'s format, and its word: a NUL byte, which no word of sh can hold, is spelled by %b. */
const formOf = (text: string): string => (text.includes('\0') ? '%b' : '%s');
const wordOf = (text: string): string =>
  quote(text.includes('\0') ? text.replaceAll('\\', '\\\\').replaceAll('\0', '\\0000') : text);

/** Five digits: GNU chmod takes a folder's set-group-ID bit away for no fewer. */
const modeWord = (mode: number): string => mode.toString(8).padStart(5, '0');

const ownerWord = ({ user = '', group }: Owner = {}): string => quote(group === undefined ? user : `${user}:${group}`);

/** A link is never followed: chmod(1) alone cannot say so, pp_permission looks. */
const permissionPrograms = { mode: 'chmod', owner: 'chown -h', group: 'chgrp -h' } as const;

type FileOp = Extract<WriteOp, { op: 'file' }>;

/** The words of `pp_file` that follow NAME. */
const fileWords = ({ path, mode, owner, before, after }: FileOp): string => {
  const was = before === null ? 'absent' : 'present';
  return `${rooted(path)} ${modeWord(mode)} ${ownerWord(owner)} ${was} ${formOf(before ?? '')} ${formOf(after)}`;
};

/** Contents that functions find by this name, as variables. */
const contentsOf = (op: WriteOp, name: string): readonly string[] => {
  if (op.op === 'record') return [`pp_new_${name}=${quote(op.text)}`];
  if (op.op !== 'file' && op.op !== 'remove') return [];
  return [
    ...(op.before === null ? [] : [`pp_old_${name}=${wordOf(op.before)}`]),
    ...(op.op === 'file' ? [`pp_new_${name}=${wordOf(op.after)}`] : []),
  ];
};

/** One op as a call. `name`: of its contents; `row`: what prepares the files that a record is put on disk with. */
const call = (op: WriteOp, name: string, row = ':'): string => {
  switch (op.op) {
    case 'attribute':
      return `pp_attribute ${rooted(op.path)} ${quote(op.value)}`;
    case 'file':
      return `pp_file ${name} ${fileWords(op)}`;
    case 'remove':
      return `pp_remove ${name} ${rooted(op.path)} ${op.sweep ? 'sweep' : 'keep'} ${formOf(op.before)}`;
    case 'directory':
      return `pp_directory ${rooted(op.path)} ${modeWord(op.mode)} ${ownerWord(op.owner)}`;
    case 'remove-directory':
      return `pp_remove_directory ${rooted(op.path)}`;
    case 'permission': {
      const value = op.aspect === 'mode' ? modeWord(Number.parseInt(op.value, 8)) : op.value;
      return `pp_permission ${rooted(op.path)} ${quote(value)} ${permissionPrograms[op.aspect]}`;
    }
    case 'program':
      return `pp_program ${programWords(op)}`;
    case 'record':
      return ['pp_record', name, row, rooted(op.folder), ...[op.name, op.made, ...op.paths].map(quote)].join(' ');
    case 'lock':
      return ['pp_lock', ...[op.run, op.who, op.since, op.seen].map(quote)].join(' ');
    case 'arm':
      return `pp_arm ${quote(op.token)} ${op.seconds}`;
    case 'gate':
      return ':';
    case 'confirm':
    case 'disarm':
      return `pp_${op.op} ${quote(op.token)}`;
    case 'sweep':
      return ['pp_sweep', ...op.paths.map(quote)].join(' ');
    case 'function':
      return ['pp_function', ...[op.name, ...op.args].map(quote)].join(' ');
  }
};

const needsWord = (needs: readonly number[] = []): string => quote(needs.join(' '));

const numbered = (op: WriteOp, index: number, words: string): string =>
  `pp_do ${index} ${needsWord(op.needs)} ${words}`;

/** What takes a batch back later, when the contents of others may have its numbers for names. */
const undoLines = (op: WriteOp, index: number): readonly string[] => [
  ...contentsOf(op, `undo_${index}`),
  numbered(op, index, call(op, `undo_${index}`)),
];

const lock = bare(lockText);
const watch = bare(watchText);

/** Functions that an op needs beside those of the prelude. */
const scriptsOf = (op: WriteOp): readonly string[] => {
  if (op.op === 'function') return [op.script];
  if (op.op === 'lock') return [lock];
  if (op.op === 'confirm' || op.op === 'disarm') return [watch];
  return op.op === 'arm' ? [watch, `pp_undo() {\n${op.undo.flatMap(undoLines).join('\n')}\n}`] : [];
};

const prepareCall = ({ files }: FileRow): string =>
  `pp_prepare ${files.map(({ id, needs }) => `${id} ${needsWord(needs)}`).join(' ')}`;

/** One apply as text: ops in order, each with its number; a later op may need an earlier one. Files in a row are prepared together. */
export const writeScript = (token: string, ops: readonly WriteOp[]): string => {
  const rows = fileRows(ops);
  const rowAt = new Map(rows.map((row) => [row.at, row]));
  const inRows = new Set(rows.flatMap(({ files }) => files.map(({ id }) => id)));
  const lasts = new Set(rows.map(({ files }) => files.at(-1)!.id));
  const functions = ops.flatMap((op, id) => {
    if (op.op === 'file' && inRows.has(id)) return [`pp_f${id}() { "$@" ${fileWords(op)}; }`];
    const row = rowAt.get(id);
    return row ? [`pp_row_${id}() { ${prepareCall(row)}; }`] : [];
  });
  const commands = ops.flatMap((op, id) => {
    const row = rowAt.get(id);
    if (!inRows.has(id)) return [numbered(op, id, call(op, String(id), row && `pp_row_${id}`))];
    return [
      ...(row ? [prepareCall(row)] : []),
      numbered(op, id, `pp_f${id} pp_replace ${id}`),
      ...(lasts.has(id) ? ['pp_drop'] : []),
    ];
  });
  const contents = ops.flatMap((op, id) => contentsOf(op, String(id)));
  return [
    ...new Set(ops.flatMap(scriptsOf)),
    ...contents,
    ...functions,
    batchOnce(token, [...commands, 'pp_told']),
  ].join('\n');
};

/** One act of a playbook, its output and errors apart. */
export const runScript = (token: string, program: Program, folder = ''): string =>
  batchOnce(token, [`pp_run ${folder === '' ? "''" : rooted(folder)} ${programWords(program)}`, 'pp_mark end']);

/** After a batch that changes something: its answer ends here. */
export const endScript = (id: number): string => `pp_end ${id}\n`;

/** What a shell leaves on its host: kept answers by their tokens, and itself, as `PID:START`. */
export interface Leftovers {
  readonly answers: readonly string[];
  readonly shells: readonly string[];
}

/** Asks what became of a batch; the host waits so many seconds for its end. */
export const attachScript = (id: number, token: string, seconds: number): string =>
  batch([`pp_attach ${quote(token)} ${seconds}`, `pp_end ${id}`]);

/** Takes away what nobody needs any more: the kept answers of batches, and shells whose connections were lost. */
export const tidyScript = ({ answers, shells }: Leftovers): string =>
  [
    ...shells.map((shell) => `pp_succeed ${quote(shell)} </dev/null\n`),
    ...(answers.length > 0 ? [`pp_forget ${answers.map(quote).join(' ')} </dev/null\n`] : []),
  ].join('');
