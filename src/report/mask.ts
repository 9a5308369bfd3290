import { createSpellingIndex, type Range } from './spelling-index.ts';
import { spellingsOf } from './spellings.ts';

/** Keeps secrets out of everything that is shown or stored on the controller. */
export interface Mask {
  /** From now on this value is shown as `********`, as it is, inside longer text and in the usual encodings. */
  readonly hide: (secret: string) => void;
  readonly text: (text: string) => string;
  /** A text of which single lines are shown: it keeps its lines. */
  readonly lines: (text: string) => string;
  /** An event with every text in it masked that is not its structure. */
  readonly value: <T>(value: T) => T;
}

export const masked = '********';

/** Shorter ones would be found in every word: they protect nothing. */
const shortest = 3;
/** Lines of a key or certificate that say something by themselves. */
const shortestLine = 8;
/** Shorter ones would be found across lines and words that have nothing to do with each other. */
const shortestTorn = 8;

/** What stands between the parts of a text that was broken into lines or words: white space, as itself or in JSON, or a list's comma. */
const tear = /["'],\s*["']|\s+|\\[rn]/g;
const isTorn = /\n|\\n|["'],\s*["']/;

/** Fields of events that hold words of our own and names of hosts: a password that happens to be one of these reveals nothing there. */
const words = new Set(
  'type command stage outcome reason status severity code levels run task play host hosts delegate file time'.split(
    ' ',
  ),
);

/** The text without what tears it apart, and where each of its characters stands in the whole. */
const join = (text: string): { readonly text: string; readonly places: readonly number[] } => {
  const parts: string[] = [];
  const places: number[] = [];
  const add = (from: number, to: number): void => {
    parts.push(text.slice(from, to));
    for (let place = from; place < to; place++) places.push(place);
  };
  let end = 0;
  for (const { 0: between, index } of text.matchAll(tear)) {
    add(end, index);
    end = index + between.length;
  }
  add(end, text.length);
  return { text: parts.join(''), places };
};

const replaceRanges = (text: string, ranges: readonly Range[]): string => {
  let shown = '';
  let end = 0;
  for (const [from, to] of ranges.toSorted((left, right) => left[0] - right[0])) {
    if (from >= end) shown += text.slice(end, from) + masked;
    end = Math.max(end, to);
  }
  return shown + text.slice(end);
};

/** Makes a mask that hides nothing yet. */
export const createMask = (): Mask => {
  const secrets = new Set<string>();
  const whole = createSpellingIndex(shortest);
  const torn = createSpellingIndex(shortestTorn);

  const text = (given: string): string => {
    if (secrets.size === 0) return given;
    const ranges = [...whole.find(given)];
    if (isTorn.test(given)) {
      const joined = join(given);
      const found = torn.find(joined.text);
      ranges.push(...found.map(([from, to]): Range => [joined.places[from]!, joined.places[to - 1]! + 1]));
    }
    return ranges.length === 0 ? given : replaceRanges(given, ranges);
  };

  const deep = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(deep);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, words.has(key) ? inner : deep(inner)]));
  };

  return {
    hide: (secret) => {
      if (secrets.has(secret)) return;
      secrets.add(secret);
      const lines = secret.includes('\n') ? secret.split(/\r?\n/).filter((line) => line.length >= shortestLine) : [];
      for (const one of new Set([secret, secret.trim(), ...lines])) {
        if (one.length < shortest) continue;
        for (const spelling of spellingsOf(one)) {
          whole.add(spelling);
          torn.add(spelling.replaceAll(tear, ''));
        }
      }
    },
    text,
    lines: (given) => given.split('\n').map(text).join('\n'),
    value: <T>(value: T): T => (secrets.size === 0 ? value : (deep(value) as T)),
  };
};
