import fc from 'fast-check';

const words = ['a', 'x y', 'yes', 'Off', '~', 'null', '12', '-1', '0644', '08', '1_000', '0x1F', '1e3', '1.5', '22:22'];
const others = [
  '.inf',
  '2024-01-31',
  'é',
  '日本 x',
  '😀',
  'a#b',
  'a:b',
  'http://x/y?z=1',
  'x - y',
  'n',
  '-x',
  '?x',
  '=',
];
const plain = fc.constantFrom(...words, ...others);
const quoted = fc.constantFrom(
  `""`,
  `''`,
  `"a"`,
  `'it''s'`,
  `"\\t\\u00e9\\n"`,
  `"# no: comment"`,
  `'{{ x }}'`,
  `"two\n  lines\n\n  more"`,
  `'two\n\n  lines'`,
  `"cut\\\n  here"`,
);
const folded = fc.constantFrom('one\n  two', 'one\n\n  two three', 'x\n   y\n  z');
const comment = fc.constantFrom('', '', '', ' # c', '  # a: "b" | c');
const gap = fc.constantFrom('', '', '', '\n', '# c\n', '\n  # [c\n');
const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ');

const blockScalar = fc
  .tuple(
    fc.constantFrom('|', '>', '|-', '>-', '|+', '>+', '|2', '>1-'),
    comment,
    fc.array(fc.constantFrom('x', ' more', '# no comment', '', 'a: b', '- c', 'é'), { maxLength: 4 }),
  )
  .map(([header, note, lines]) => `${header}${note}\n${indent(['x', ...lines, ''].join('\n'))}`);

const { flow, block } = fc.letrec<{ flow: string; entry: string; block: string }>((tie) => ({
  flow: fc.oneof(
    { depthSize: 'small' },
    // YAML 1.1 takes a question mark between brackets for that of a key.
    plain.filter((word) => !word.startsWith('?')),
    fc.constantFrom(`""`, `'b c'`, `"é"`, '[a: b, c]', '{a, "b": }', '{? a : b}', '[]', '{}'),
    fc.array(tie('flow'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc.array(tie('flow'), { minLength: 1, maxLength: 3 }).map((items) => `[\n  ${items.join(',\n  # c\n  ')},\n  ]`),
    fc
      .array(tie('flow'), { maxLength: 3 })
      .map((items) => `{${items.map((item, index) => `k${index}: ${item}`).join(' , ')}}`),
  ),
  /** What stands behind `key:` or a dash, with the line's end. */
  entry: fc.oneof(
    { depthSize: 'small' },
    comment.map((note) => `${note}\n`),
    fc.tuple(fc.oneof(plain, quoted, folded, tie('flow')), comment).map(([text, note]) => ` ${text}${note}\n`),
    blockScalar.map((text) => ` ${text}`),
    fc.constantFrom(' &a x\n', ' *a\n', ' *b\n', ' !!str 12\n', ' ! x\n'),
    fc.tuple(comment, gap, tie('block')).map(([note, between, text]) => `${note}\n${between}${indent(text)}`),
    tie('block').map((text) => ` &b\n${indent(text)}`),
  ),
  block: fc.oneof(
    { depthSize: 'small' },
    fc
      .array(fc.tuple(gap, fc.constantFrom('k', 'key ', '"q"', `'s s'`), tie('entry')), { minLength: 1, maxLength: 4 })
      .map((entries) =>
        entries.map(([before, key, entry], at) => `${before}${key.replace(/\w/, `$&${at}`)}:${entry}`).join(''),
      ),
    fc
      .array(fc.tuple(gap, tie('entry')), { minLength: 1, maxLength: 4 })
      .map((items) => items.map(([before, entry]) => `${before}-${entry}`).join('')),
    tie('block').map((text) => `- ${indent(text).slice(2)}- x\n`),
  ),
}));

/** YAML as people write it, most of it sound: block and flow, scalars of every kind, comments, anchors, both line ends. */
export const yamlText = fc
  .tuple(
    fc.constantFrom('', '', '---\n', '# c\n', '%YAML 1.2\n---\n'),
    fc.oneof({ weight: 4, arbitrary: block }, { weight: 1, arbitrary: flow }),
    fc.constantFrom('\n', '\n', '\r\n'),
  )
  .map(([head, text, lineEnd]) => `${head}${text}`.replaceAll('\n', lineEnd));
