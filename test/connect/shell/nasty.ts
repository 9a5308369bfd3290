import fc from 'fast-check';

/** What the shell is to be given: as perfplay holds it, and its bytes by the test's own reckoning. */
export interface Datum {
  readonly text: string;
  readonly bytes: Buffer;
}
const datum = (text: string): Datum => ({ text, bytes: Buffer.from(text) });
export const joined = (parts: readonly Datum[]): Datum => ({
  text: parts.map(({ text }) => text).join(''),
  bytes: Buffer.concat(parts.map(({ bytes }) => bytes)),
});

const letters = [...'\'"`\\!*?~#$&|;<>(){}[]=%^'];
const phrases =
  String.raw`$(id) ${'`id`'} $HOME $$ !! !x \n \0 \\ \c '\'' "$(id)" %s %b -n -e - -- --help ~root {a,b} [a-z]* =ls
  #x >/dev/full &&exit ;exit;: PP_ROOT $PP_ROOT "$@" <<EOF EOF \'`.split(/\s+/);
const nasty = [
  ...letters,
  ...phrases,
  '${HOME}',
  '}\n',
  '\n}\npp_batch',
  'EOF\n',
  'a\\\nb',
  '\\\n',
  '-E\n',
  '&& exit 9',
];
const blanks = ['\n', '\n\n', '\t', ' ', '\r', '\r\n', '\u0001', '\u0007', '\u001b[2J', '\u007f', '\v\f'];
const wide = ['é', 'ß', '漢字', '😀', '\u00a0', '\u2028', '\ufeff', '\u0301'];

/** No character: the byte alone. As a text it is a lone surrogate (PEP 383). */
const byteAlone = fc
  .integer({ min: 0x80, max: 0xff })
  .map((byte): Datum => ({ text: String.fromCharCode(0xdc00 + byte), bytes: Buffer.of(byte) }));
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...nasty).map(datum) },
  { weight: 3, arbitrary: fc.constantFrom(...blanks).map(datum) },
  { weight: 1, arbitrary: fc.constantFrom(...wide).map(datum) },
  { weight: 1, arbitrary: byteAlone },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }).map((text) => datum(text.replaceAll('\0', ''))) },
);
export const word = fc.array(piece, { maxLength: 8 }).map(joined);
export const words = fc.array(word, { minLength: 20, maxLength: 60 });
/** More than a program's argument may be, 128 KiB (MAX_ARG_STRLEN, execve(2)). */
export const longWord: Datum = joined([datum(`-n "$(id)" '\\'!\n`), datum('x\\'.repeat(80_000)), datum('\n')]);
export const NUL = datum('\0');
export const content = fc
  .array(fc.oneof({ weight: 12, arbitrary: piece }, { weight: 1, arbitrary: fc.constant(NUL) }), { maxLength: 14 })
  .map(joined);
