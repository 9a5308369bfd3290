import { createContext, Script } from 'node:vm';
import type { Context } from 'node:vm';
import { badValue } from './data.ts';
import { ExpressionError } from './errors.ts';
import type { Budget } from './budget.ts';

/** One place where a pattern matches: the whole and its groups, null for a group that took no part. */
export interface Match {
  readonly index: number;
  readonly text: string;
  readonly groups: readonly (string | null)[];
  readonly named: Readonly<Record<string, string | null>>;
}

export interface RegexFlags {
  readonly ignoreCase?: boolean;
  readonly multiline?: boolean;
}

/** Milliseconds; a pattern that backtracks without end is stopped. */
const longest = 200;
/** All patterns of a value may take twice that in all. */
const stepsPerMillisecond = 500;
const mostMatches = 10_000;
const longestPattern = 10_000;

const script = new Script(`{
  const expression = new RegExp(pattern, flags);
  const found = [];
  for (const match of text.matchAll(expression)) {
    found.push({ index: match.index, text: match[0], groups: match.slice(1).map((group) => group ?? null), named: { ...match.groups } });
    if (first || found.length > most) break;
  }
  JSON.stringify(found);
}`);
let context: Context | undefined;

const spelling = /\\[\s\S]|\(\?P<|\(\?P=(\w+)\)|\(\?#[^)]*\)|\[(\^?)(\]?)((?:\\[\s\S]|[^\]\\])*)\]|\{,(\d+)\}|[.^$]/g;
const start = '(?<![\\s\\S])';
const end = '(?![\\s\\S])';

/** Python's spelling of a pattern in JavaScript's; what the two say alike means the same, too: `.`, `^` and `$`. */
const translate = (
  pattern: string,
  { ignoreCase, multiline }: RegexFlags,
): { readonly pattern: string; readonly flags: string } => {
  const inline = /^\(\?([aimsu]+)\)/.exec(pattern);
  const flags = new Set(`g${ignoreCase ? 'i' : ''}${multiline ? 'm' : ''}${inline?.[1] ?? ''}`);
  const isMultiline = flags.delete('m');
  const hasDotAll = flags.has('s');
  for (const known of 'au') flags.delete(known);
  const body = pattern
    .slice(inline?.[0].length ?? 0)
    .replaceAll(spelling, (found, name, negation, bracket, members, most) => {
      if (name !== undefined) return `\\k<${name}>`;
      if (most !== undefined) return `{0,${most}}`;
      if (members !== undefined) return `[${negation}${bracket && '\\]'}${members}]`;
      if (found.startsWith('(?#')) return '';
      const same = {
        '(?P<': '(?<',
        '\\A': start,
        '\\Z': end,
        '.': hasDotAll ? '.' : '[^\\n]',
        '^': isMultiline ? '(?<![^\\n])' : start,
        $: isMultiline ? '(?![^\\n])' : `(?=\\n?${end})`,
      }[found as string];
      return same ?? found;
    });
  return { pattern: body, flags: [...flags].join('') };
};

/**
 * Every match of a Python pattern in the text, or the first only. Runs in a context of its own so that it can be stopped;
 * nothing but texts goes in and comes out. Throws where the pattern is malformed or takes too long.
 */
export const findMatches = (
  pattern: string,
  text: string,
  flags: RegexFlags,
  budget: Budget,
  which: 'first' | 'all',
): readonly Match[] => {
  if (pattern.length > longestPattern) throw badValue(`a pattern has at most ${longestPattern} characters`);
  budget.spend(100);
  budget.spendText(text.length + pattern.length);
  context ??= createContext(Object.create(null));
  Object.assign(context, { ...translate(pattern, flags), text, first: which === 'first', most: mostMatches });
  let found: string;
  const start = performance.now();
  try {
    found = script.runInContext(context, { timeout: longest }) as string;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new ExpressionError(
        'expression-too-large',
        `the pattern ${JSON.stringify(pattern)} takes too long on this text`,
      );
    throw badValue(
      `${JSON.stringify(pattern)} is no regular expression: ${(error as Error).message.replace(/^.*\/: /, '')}`,
    );
  }
  budget.spend((performance.now() - start) * stepsPerMillisecond);
  const matches = JSON.parse(found) as readonly Match[];
  if (matches.length > mostMatches) throw new ExpressionError('expression-too-large', 'the pattern matches too often');
  return matches;
};

/** Python's replacement text: `\1`, `\g<1>`, `\g<name>`, `\n`. */
export const expand = (replacement: string, match: Match): string =>
  replacement.replaceAll(
    /\\(?:g<(\w+)>|(\d{1,2})|([\s\S]))/g,
    (whole, name: string | undefined, digits: string | undefined, character: string) => {
      const group = name ?? digits;
      if (group === undefined) return { n: '\n', t: '\t', r: '\r', '\\': '\\' }[character] ?? whole;
      if (group === '0') return match.text;
      const value = /^\d+$/.test(group)
        ? match.groups[Number(group) - 1]
        : Object.hasOwn(match.named, group)
          ? match.named[group]
          : undefined;
      if (value === undefined) throw badValue(`the pattern has no group ${group}`);
      return value ?? '';
    },
  );
