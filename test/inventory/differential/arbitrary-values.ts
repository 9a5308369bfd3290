import fc from 'fast-check';

/** A value as it is written, by the column at which it may continue on further lines. */
export type ValueText = (indent: string) => string;

const oneLine =
  (text: string): ValueText =>
  () =>
    text;

/** More digits than a double holds stay text here, and so do times (docs/ansible.md). */
const deviates = /[0-9_]{16}|(?<![0-9])[0-9]{4}-[0-9]/;

/** Where PyYAML looks closely. */
const scalars = [
  'yes No on OFF y n True tRUE false ~ null Null nULL none',
  '0 -0 +1 007 08 0o7 0b11 0x1F 0xg 1_000 _1 1_ 1__0 12:30 12:61 1:2:3',
  '1. .1 1.5 -.5 1e3 1.e3 1.0e+3 1.5E-2 1_0.5 .inf -.INF .nan .Inf inf 1:30.5',
  "10.0.0.1 1.2.3 a:b a#b it's 50% /dev/sda key=value {{x}}y 52:54:00:12:34:56",
].flatMap((line) => line.split(' '));

const isPlain = (text: string): boolean =>
  text.trim() === text &&
  !/^[-?:,[\]{}#&*!|>'"%@`=]/.test(text.replace(/^-(?=[^\s-])/, '')) &&
  !/:(\s|$)|\s#|^(---|\.\.\.|<<|=)$/.test(text) &&
  !/^[-+]?0[xb]_*$/.test(text) &&
  !deviates.test(text);

const plain = fc
  .oneof(
    { weight: 3, arbitrary: fc.constantFrom(...scalars) },
    { weight: 2, arbitrary: fc.string({ unit: fc.constantFrom(...'01234789_:.+-eExXobinfafNTru~'), maxLength: 9 }) },
    { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...'ab1 :#=,[]{}\'"\\/|*&-'), maxLength: 9 }) },
  )
  .filter(isPlain);

/** Characters that both readers take as they are, and that show what they do with lines and escapes. */
const character = fc.constantFrom(...'ab 1:#\'"\\{}[]/%', '\n', '\t', 'ü', '€', '😀', '\u00a0', '\u0007');
const text = fc.string({ unit: character, maxLength: 10 });

const doubleQuoted = text.map((value) =>
  JSON.stringify(value).replace(/[^ -~üß€]/gu, (one) => `\\U${one.codePointAt(0)!.toString(16).padStart(8, '0')}`),
);
const singleQuoted = text.filter((value) => !/\p{Cc}/u.test(value)).map((value) => `'${value.replaceAll("'", "''")}'`);

const flowScalar = fc.oneof(
  plain.filter((value) => value !== '' && !/[,[\]{}]|:$|^[:?-]/.test(value) && !/[ :#]/.test(value)),
  doubleQuoted,
  singleQuoted,
);
const key = fc.constantFrom('k', 'key two', 'ü', 'l', 'm-n');
const { flow } = fc.letrec<{ flow: string }>((tie) => ({
  flow: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    flowScalar,
    fc.array(tie('flow'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .uniqueArray(fc.tuple(key, tie('flow')), { maxLength: 3, selector: ([name]) => name })
      .map((entries) => `{${entries.map(([name, value]) => `${name}: ${value}`).join(', ')}}`),
  ),
}));

const block = fc
  .record({
    mark: fc.constantFrom('|', '|-', '|+', '>', '>-', '>+'),
    lines: fc.array(fc.constantFrom('a', 'two words', '', '  deeper', '# no comment', 'k: v', '- item', ' one'), {
      minLength: 1,
      maxLength: 5,
    }),
  })
  .filter(({ lines: [first = ''] }) => /^\S/.test(first))
  .map(
    ({ mark, lines }): ValueText =>
      (indent) =>
        [mark, ...lines.map((line) => (line === '' ? '' : indent + line))].join('\n'),
  );

/** A value in a YAML file, behind `key: `. */
export const yamlValue: fc.Arbitrary<ValueText> = fc.oneof(
  { weight: 4, arbitrary: plain.map(oneLine) },
  { weight: 2, arbitrary: fc.oneof(doubleQuoted, singleQuoted).map(oneLine) },
  { weight: 2, arbitrary: flow.map(oneLine) },
  { weight: 1, arbitrary: block },
  { weight: 1, arbitrary: fc.constant(oneLine('')) },
);

const pythonText = fc.oneof(
  fc.constantFrom(`''`, `"it's"`, `'a' 'b'`, `r'\\d'`, `u'ü'`, `'\\x41\\u00fc\\n'`, `'''three'''`, `'\\q'`, `'\\101'`),
  fc
    .string({ unit: fc.constantFrom(...'ab#=, {}[]\\n'), maxLength: 6 })
    .map((value) => `'${value.replace(/\\+$/, '')}'`),
);
const pythonNumber = fc.constantFrom(
  ...'0 1 -1 +1 -0 00 1_000 0x1F 0o17 0b11 0B1 1.5 1. .5 1e3 -1.5e-3 1E2'.split(' '),
  '- 1',
);
const { literal } = fc.letrec<{ literal: string }>((tie) => ({
  literal: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    pythonNumber,
    pythonText,
    fc.constantFrom('True', 'False', 'None', 'true', '1+2', '(1)', '()', '(1,)', '[]', '{}', '[1,]', '1,2', 'x'),
    fc.array(tie('literal'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc.array(tie('literal'), { minLength: 2, maxLength: 3 }).map((items) => `(${items.join(',')})`),
    fc
      .uniqueArray(fc.tuple(key, tie('literal')), { maxLength: 3, selector: ([name]) => name })
      .map((entries) => `{${entries.map(([name, value]) => `'${name}': ${value}`).join(', ')}}`),
  ),
}));

const rough = fc
  .string({ unit: fc.constantFrom(...`ab01 .,:;#='"\\[](){}+-_eTxN`), maxLength: 10 })
  .filter((value) => !deviates.test(value));

/** A value in an INI file, from behind `=` to the end of the line. */
export const iniValue: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: literal },
  { weight: 2, arbitrary: fc.constantFrom(...scalars) },
  { weight: 2, arbitrary: rough },
);

const shellQuoted = (value: string): string => `'${value.replaceAll("'", `'"'"'`)}'`;

/** A value in an INI file, behind a host: quoted for a shell, or as it may be without. */
export const iniWord: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: iniValue.map(shellQuoted) },
  { weight: 2, arbitrary: iniValue.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`) },
  { weight: 2, arbitrary: fc.constantFrom(...scalars).filter((value) => !/[\s'"\\]/.test(value)) },
  { weight: 1, arbitrary: rough.filter((value) => !/\s|^[^'"\\]*['"\\][^'"\\]*$/.test(value)) },
);
