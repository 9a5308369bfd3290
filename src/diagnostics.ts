import type { DiagnosticCode } from './diagnostic-codes.ts';

export type { DiagnosticCode };
/** Where something stands in a file: 1-based line and column, and the length of what is meant. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length?: number;
}

/** One thing wrong (or suspicious) with what people wrote: the only shape in which input errors travel. */
export interface Diagnostic {
  /** Stable and greppable: `unknown-key`, `undefined-variable`, `duplicate-key`. */
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly position?: Position;
  /** What to write instead, or the nearest right thing. */
  readonly hint?: string;
}

/** Thrown when input cannot be used at all; carries every diagnostic found, never only the first. */
export class InputError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => diagnostic.message).join('\n'));
    this.name = 'InputError';
    this.diagnostics = diagnostics;
  }
}

/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
const distance = (left: string, right: string): number => {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= left.length; row++) {
    const above = rows[row - 1]!;
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let best = Math.min(current[column - 1]! + 1, above[column]! + 1, above[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1])
        best = Math.min(best, rows[row - 2]![column - 2]! + 1);
      current.push(best);
    }
    rows.push(current);
  }
  return rows[left.length]![right.length]!;
};

/** The candidate nearest to `word`, or undefined when none is near enough to be what was meant. */
export const nearest = (word: string, candidates: Iterable<string>): string | undefined => {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
};

/** The lines of the text that was cut last: thousands of diagnostics may be of one file. */
const last = { text: '', lines: [''] };
const linesOf = (text: string): readonly string[] => {
  if (last.text !== text) Object.assign(last, { text, lines: text.split('\n') });
  return last.lines;
};

/** A line that sets something with such a name is not shown: what is wrong with it can be said without. */
const settingOfSecret = /(?:pass(?:word|wd|phrase)?|secret|token|credentials?)\w*["']?\s*[:=]/i;

/**
 * A diagnostic as people read it: `file:line:column: error: message`, the line with a caret under it, the hint.
 * `source` gives the text of a file; without it the line and caret are left out.
 */
export const formatDiagnostic = (diagnostic: Diagnostic, source?: (file: string) => string | undefined): string => {
  const { position, severity, message, hint, code } = diagnostic;
  const where = position ? `${position.file}:${position.line}:${position.column}: ` : '';
  const lines = [`${where}${severity}: ${message} [${code}]`];
  const file = position && source?.(position.file);
  const text = position && file !== undefined ? linesOf(file)[position.line - 1] : undefined;
  if (position && text !== undefined && !settingOfSecret.test(text)) {
    const gutter = String(position.line);
    const shown = text.replaceAll('\t', ' ');
    const carets = '^'.repeat(Math.max(1, Math.min(position.length ?? 1, shown.length - position.column + 1)));
    lines.push(
      `  ${gutter} | ${shown}`,
      `  ${' '.repeat(gutter.length)} | ${' '.repeat(position.column - 1)}${carets}`,
    );
  }
  if (hint) lines.push(`  hint: ${hint}`);
  return lines.join('\n');
};
