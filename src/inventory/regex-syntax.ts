/** A construct of Python's that JavaScript cannot say, or that neither knows. */
export class RegexSyntaxError extends Error {}

/** Python's classes are those of Unicode; written so that they can stand inside of brackets as well. */
const classes: Readonly<Record<string, string>> = {
  d: String.raw`\p{Nd}`,
  D: String.raw`\P{Nd}`,
  w: String.raw`[\p{L}\p{N}_]`,
  W: String.raw`[^\p{L}\p{N}_]`,
  s: String.raw`\s`,
  S: String.raw`\S`,
};
const word = classes['w']!;
const boundary = `(?<=${word})(?!${word})|(?<!${word})(?=${word})`;
const anchors: Readonly<Record<string, string>> = {
  A: String.raw`(?<![\s\S])`,
  Z: String.raw`(?![\s\S])`,
  b: `(?:${boundary})`,
  B: `(?!${boundary})`,
};
const controls: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\u0007' };

/** One character, as it is. */
const literal = (character: string): string =>
  /^[\p{L}\p{N}_]$/u.test(character) ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`;

const coded = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/;

/** What an escape stands for. */
const readEscape = (escape: string, inBrackets: boolean): { readonly text: string; readonly length: number } => {
  const rest = escape.slice(1);
  const number = coded.exec(rest);
  if (number) {
    const point = Number.parseInt(number[1] ?? number[2] ?? number[3]!, 16);
    if (point > 0x10ffff) throw new RegexSyntaxError(`has the unknown character \\${number[0]}`);
    return { text: `\\u{${point.toString(16)}}`, length: 1 + number[0].length };
  }
  const [character] = rest;
  if (character === undefined) throw new RegexSyntaxError('ends in a backslash');
  const reference = inBrackets ? null : /^[1-9][0-9]?/.exec(rest);
  if (reference) return { text: `(?:\\${reference[0]})`, length: 1 + reference[0].length };
  const known =
    classes[character] ??
    (inBrackets ? (character === 'b' ? literal('\b') : undefined) : anchors[character]) ??
    (controls[character] && literal(controls[character]));
  if (known !== undefined) return { text: known, length: 2 };
  if (/[A-Za-z0-9]/.test(character)) throw new RegexSyntaxError(`has an unknown escape \\${character}`);
  return { text: literal(String.fromCodePoint(rest.codePointAt(0)!)), length: 1 + character.length };
};

/** `[…]` from its opening bracket; the first `]` is a character of the class. */
const readBrackets = (rest: string): { readonly text: string; readonly length: number } => {
  const open = /^\[\^?/.exec(rest)![0];
  let text = open;
  let at = open.length;
  while (at < rest.length && (rest[at] !== ']' || at === open.length)) {
    const character = String.fromCodePoint(rest.codePointAt(at)!);
    if (character === '\\') {
      const escape = readEscape(rest.slice(at), true);
      text += escape.text;
      at += escape.length;
    } else {
      const isRange = character === '-' && at > open.length && rest[at + 1] !== ']';
      text += isRange ? '-' : literal(character);
      at += character.length;
    }
  }
  if (at >= rest.length) throw new RegexSyntaxError('has a [ that is not closed');
  return { text: `${text}]`, length: at + 1 };
};

const group = /^\((?:\?(?:P<([A-Za-z_]\w*)>|P=([A-Za-z_]\w*)\)|(#[^)]*\))|(:|=|!|<=|<!)|([^)]{0,8})))?/;

interface Piece {
  readonly text: string;
  /** Of what was read. */
  readonly length: number;
  /** What the parenthesis that closes it becomes. */
  readonly close?: string;
}

/** What opens with a parenthesis: a group, a look-around, a comment or a reference by name. */
const readGroup = (rest: string): Piece => {
  const [{ length }, name, reference, comment, look, unknown] = group.exec(rest)!;
  if (unknown !== undefined) throw new RegexSyntaxError(`has (?${unknown}, which has no meaning here`);
  if (name) return { text: `(?<${name}>`, length, close: ')' };
  if (reference) return { text: `\\k<${reference}>`, length };
  if (comment) return { text: '', length };
  // Python may repeat a look-around; JavaScript only a group around it.
  if (look && look !== ':') return { text: `(?:(?${look}`, length, close: '))' };
  return { text: look ? '(?:' : '(', length, close: ')' };
};

const repetition = /^(?:[*+?]|\{(?:[0-9]+(?:,[0-9]*)?|,[0-9]*)\})[?+]?/;

const readRepetition = (rest: string): Piece | undefined => {
  const found = repetition.exec(rest)?.[0];
  if (found === undefined) return undefined;
  if (found.endsWith('+') && found.length > 1) throw new RegexSyntaxError(`has a possessive ${found}`);
  return { text: found.replace('{,', '{0,'), length: found.length };
};

/**
 * A Python regular expression (`re`, on text) in JavaScript's words, for flag `v`: flags at its beginning, `(?P<name>…)`,
 * `\A`, `\Z`, classes of Unicode, `[]x]`. Throws RegexSyntaxError for what JavaScript lacks: atomic groups, possessive
 * repetitions, conditions, flags inside. Rule: the chapter on `re` of Python's library reference.
 */
export const fromPython = (source: string): { readonly source: string; readonly flags: string } => {
  const [head = '', letters = ''] = /^\(\?([aimsu]+)\)/.exec(source) ?? [];
  const closing: string[] = [];

  const readPiece = (rest: string): Piece => {
    const character = String.fromCodePoint(rest.codePointAt(0)!);
    const { length } = character;
    if (character === '\\') return readEscape(rest, false);
    if (character === '[') return readBrackets(rest);
    if (character === '(') return readGroup(rest);
    if (character === ')') return { text: closing.pop() ?? ')', length };
    return readRepetition(rest) ?? { text: /[.^$|]/.test(character) ? character : literal(character), length };
  };

  let text = '';
  for (let at = head.length; at < source.length;) {
    const piece = readPiece(source.slice(at));
    if (piece.close) closing.push(piece.close);
    text += piece.text;
    at += piece.length;
  }
  const flags = [...new Set(letters)].filter((letter) => 'ims'.includes(letter)).join('');
  return { source: text, flags: `${flags}v` };
};
