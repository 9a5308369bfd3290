import { exact, float, Float, mapOf, numeric, tupleOf } from './data.ts';
import { unescape } from './parse/literals.ts';
import { text } from './spelling.ts';
import type { Datum } from './data.ts';
import type { Tools } from './given.ts';

const deepest = 100;
const words = new Map<string, null | boolean>([
  ['True', true],
  ['False', false],
  ['None', null],
  ['true', true],
  ['false', false],
  ['null', null],
]);
const token =
  /(?:\s|#[^\n]*\n)*(?:([[\]{}(),:+-])|([rRuU]?)('''(?:[^\\]|\\[\s\S])*?'''|"""(?:[^\\]|\\[\s\S])*?"""|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*")|([A-Za-z_]\w*)|(\d[\w.]*(?:(?<=\d[eE])[+-]\d+)?|\.\d\w*))/y;
const end = /(?:\s|#[^\n]*(?:\n|$))*$/y;

/** The text is no literal. */
class NoLiteral extends Error {}

type Token =
  | { readonly kind: 'mark' | 'word' | 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string };

const tokensOf = (source: string): readonly Token[] => {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  for (;;) {
    const from = token.lastIndex;
    const match = token.exec(source);
    if (!match) {
      end.lastIndex = from;
      if (!end.test(source)) throw new NoLiteral();
      return tokens;
    }
    const [, mark, prefix, string, word, number] = match;
    if (string !== undefined) {
      const size = /^('''|""")/.test(string) ? 3 : 1;
      const body = string.slice(size, -size);
      tokens.push({ kind: 'string', text: prefix?.toLowerCase() === 'r' ? body : unescape(body) });
    } else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else tokens.push({ kind: 'number', text: number! });
  }
};

const numberOf = (source: string): Datum => {
  const digits = source.replaceAll(/(?<=\w)_(?=\w)/g, '');
  if (/^(?:[1-9]\d*|0+|0x[\da-f]+|0o[0-7]+|0b[01]+)$/i.test(digits)) return exact(Number(digits));
  if (
    /^(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(digits) &&
    /[.e]/i.test(digits) &&
    Number.isFinite(Number(digits))
  )
    return float(Number(digits));
  throw new NoLiteral();
};

const read = (source: string, { budget }: Tools): Datum => {
  const tokens = tokensOf(source);
  budget.spend(tokens.length);
  let next = 0;
  const isNext = (mark: string): boolean => tokens[next]?.kind === 'mark' && tokens[next]!.text === mark;
  const expect = (mark: string): void => {
    if (!isNext(mark)) throw new NoLiteral();
    next++;
  };
  /** Items up to the closing mark, which is taken too; `isTuple` where a comma stood among them. */
  const items = (close: string, item: () => void): { readonly isTuple: boolean } => {
    let isTuple = false;
    while (!isNext(close)) {
      item();
      if (isNext(close)) break;
      expect(',');
      isTuple = true;
    }
    next++;
    return { isTuple };
  };

  const value = (depth: number): Datum => {
    const found = tokens[next++];
    if (!found || depth > deepest) throw new NoLiteral();
    if (found.kind === 'number') return numberOf(found.text);
    if (found.kind === 'string') {
      let whole = found.text;
      while (tokens[next]?.kind === 'string') whole += tokens[next++]!.text;
      return whole;
    }
    if (found.kind === 'word') {
      if (!words.has(found.text)) throw new NoLiteral();
      return words.get(found.text)!;
    }
    if (found.text === '+' || found.text === '-') {
      const number = value(depth + 1);
      const size = typeof number === 'boolean' ? undefined : numeric(number);
      if (size === undefined) throw new NoLiteral();
      if (found.text === '+') return number;
      return number instanceof Float ? new Float(-size) : 0 - size;
    }
    if (found.text === '[') {
      const list: Datum[] = [];
      items(']', () => list.push(value(depth + 1)));
      return list;
    }
    if (found.text === '(') {
      const list: Datum[] = [];
      const { isTuple } = items(')', () => list.push(value(depth + 1)));
      return isTuple || list.length === 0 ? tupleOf(list) : list[0]!;
    }
    if (found.text !== '{') throw new NoLiteral();
    const entries: [string, Datum][] = [];
    items('}', () => {
      const key = value(depth + 1);
      expect(':');
      if (typeof key === 'object' && key !== null && !(key instanceof Float)) throw new NoLiteral();
      entries.push([text(key, budget), value(depth + 1)]);
    });
    return mapOf(entries);
  };

  const whole = value(0);
  if (next < tokens.length) throw new NoLiteral();
  return whole;
};

/**
 * The value of a Python literal; undefined for any other text. Sets and other bytes than text are none. Throws ExpressionError
 * on integers that would not be exact.
 */
export const parseLiteral = (source: string, tools: Tools): Datum | undefined => {
  tools.budget.spendText(source.length);
  try {
    return read(source, tools);
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
};

/**
 * What text means that is spelled like a Python list, a map, True or False (with JSON's words too); any other text is itself.
 * Rule: Ansible takes the text that a template makes through `ast.literal_eval` when it looks so.
 */
export const evaluateLiteral = (source: string, tools: Tools): Datum => {
  if (source === 'True') return true;
  if (source === 'False') return false;
  return /^[[{]/.test(source) ? (parseLiteral(source, tools) ?? source) : source;
};
