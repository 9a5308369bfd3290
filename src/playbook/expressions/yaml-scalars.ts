import { resolvePlain } from '../../yaml/scalars.ts';

/** How a text can stand in YAML. Rule: libyaml's emitter, yaml_emitter_analyze_scalar and yaml_emitter_select_scalar_style. */
export type Style = 'plain' | 'single' | 'double';

const unprintable = /[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const timestamp =
  /^\d{4}-\d\d-\d\d$|^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/;
const integer = /^[-+]?(?:0|[1-9][\d_]*|0[0-7_]+|0x[\da-fA-F_]+|0b[01_]+)$/;

/** Text that would be read back as something else. */
const isTaken = (text: string): boolean =>
  typeof resolvePlain(text) !== 'string' || timestamp.test(text) || integer.test(text) || text === '=' || text === '<<';

const indicator = /^[#,[\]{}&*!|>'"%@`]|^[?:-](?=\s|$)|:(?=\s|$)|\s#|^(?:---|\.\.\.)/;
const flowIndicator = /^[?:]|[,?[\]{}:]/;

export const styleOf = (text: string, isInFlow: boolean): Style => {
  const isSpecial = unprintable.test(text) || / \n/.test(text);
  if (isSpecial || /\n /.test(text)) return 'double';
  const isPlain =
    text !== '' &&
    !/^[ \n]|[ \n]$|\n/.test(text) &&
    !indicator.test(text) &&
    !(isInFlow && flowIndicator.test(text)) &&
    !isTaken(text);
  return isPlain ? 'plain' : 'single';
};

const escapes: ReadonlyMap<string, string> = new Map([
  ['\0', '0'],
  ['\x07', 'a'],
  ['\b', 'b'],
  ['\t', 't'],
  ['\n', 'n'],
  ['\v', 'v'],
  ['\f', 'f'],
  ['\r', 'r'],
  ['\x1b', 'e'],
  ['"', '"'],
  ['\\', '\\'],
  ['\x85', 'N'],
  ['\u2028', 'L'],
  ['\u2029', 'P'],
]);

/** A character as it stands in double quotes. */
export const escaped = (character: string): string => {
  const known = escapes.get(character);
  if (known !== undefined) return `\\${known}`;
  if (!unprintable.test(character)) return character;
  const code = character.codePointAt(0)!;
  const [letter, width] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8];
  return `\\${letter}${code.toString(16).toUpperCase().padStart(width, '0')}`;
};
