import fc from 'fast-check';

const iniToken = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('web', 'db', 'h1', 'h2', 'a.b', 'x', 'ü', '10.0.0.1', '::1', 'fe80::2', '1'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('[web]', '[db]', '[web:children]', '[db:vars]', '[all:vars]', ':children', ':vars'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(' ', ' ', '=', '\t', ' = ', 'x=1', ' # ', '#', ';', ':', ':22', ',', '-', '_', '.'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('[', ']', '[1:3]', '[01:03]', '[a:c]', '[3:5:2]', '[:2]', '[1:]', '[1]', '[01:2]'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("'", '"', '\\', '---', '{}', '[]', '()', '"x y"', "'it'", '~', '!', '*', '\u00a0', '\f'),
  },
);
const iniLine = fc.oneof(
  { weight: 2, arbitrary: fc.array(iniToken, { maxLength: 5 }).map((tokens) => tokens.join('')) },
  {
    weight: 3,
    arbitrary: fc.constantFrom('[web]', '[db]', 'h1', 'h2 x=1', '[db:vars]', '[web:children]', 'db', 'y = 2'),
  },
);

/** Lines out of INI's tokens: most are no inventory. */
export const roughIni: fc.Arbitrary<string> = fc
  .array(iniLine, { minLength: 1, maxLength: 6 })
  .map((lines) => lines.join('\n'));

const yamlToken = fc.constantFrom(
  ...`a¦b¦k¦1¦0x1¦yes¦~¦.¦ü¦"q"¦'s'¦!!str ¦!!int ¦<<: ¦%¦@¦\\¦: ¦:¦- ¦-¦? ¦&x ¦*x¦| ¦>¦|-¦"¦'¦[¦]¦{¦}¦, ¦,¦#¦ # c`.split(
    '¦',
  ),
  ...' ¦  ¦\t¦\n¦\n¦\n  ¦\n    ¦\n- ¦---\n¦\n...\n¦\u00a0'.split('¦'),
);

/** A file of variables with a value out of YAML's tokens: every second is no YAML. */
export const roughYaml: fc.Arbitrary<string> = fc
  .array(yamlToken, { maxLength: 9 })
  .map((tokens) => `first: 1\nvalue: ${tokens.join('')}\nlast: 2\n`);
