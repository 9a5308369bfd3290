import fc from 'fast-check';
import { groupNames, hostNames } from './arbitrary-model.ts';
import type { PatternQuestion } from './ask.ts';

const name = fc.constantFrom(
  ...groupNames,
  ...groupNames,
  'all',
  'ungrouped',
  ...hostNames,
  'w2',
  'w01',
  'localhost',
  'nosuch',
);

/** A name with one piece of it left open. */
const glob = fc.oneof(
  fc
    .tuple(name, fc.nat(6), fc.nat(4), fc.constantFrom('*', '?', '[a-z]', '[!a-k]', '**', '[', '[]w]', '[0-9]', '[!]'))
    .map(([word, start, length, hole]) => word.slice(0, start) + hole + word.slice(start + length)),
  fc.constantFrom('*', 'w*', '?1', '*[0-9]', '*.*', '[dw]b*', 'w[0-2]'),
);
const subscript = fc.oneof(
  fc.integer({ min: -4, max: 4 }).map((index) => `[${index}]`),
  fc.tuple(fc.nat(3), fc.nat(4)).map(([from, to]) => `[${from}:${to}]`),
  fc.constantFrom('[0:]', '[1:]', '[-1]', '[9:]', '[1-2]'),
);

const piece = fc.oneof(
  fc.constantFrom(
    ...'wdb10.a-',
    'web',
    'db',
    'rack',
    'example',
    'com',
    '\\d',
    '\\w',
    '\\W',
    '\\.',
    '\\-',
    '.',
    '^',
    '$',
    '\\Z',
  ),
  fc.constantFrom(
    '[a-w]',
    '[^w]',
    '[]w]',
    '[\\d.]',
    '[\\w-]',
    '[^\\W\\d]',
    '(?:w|d)',
    '(w|d)b?',
    '(?P<n>w)',
    '(?=w)',
    '(?!w)',
  ),
);
const regex = fc
  .tuple(
    fc.constantFrom('', '', '', '(?i)', '(?s)'),
    fc.array(fc.tuple(piece, fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{,1}', '+?', '{x')), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([flags, pieces]) => `~${flags}${pieces.map((pair) => pair.join('')).join('')}`)
  // A comma or a colon separates patterns wherever it stands; possessive repetitions are refused.
  .filter((expression) => !/[,:]|[*+?}]\+/.test(expression));

const part = fc
  .tuple(
    fc.constantFrom('', '', '', '', '&', '!'),
    fc.oneof(
      { weight: 4, arbitrary: name },
      { weight: 3, arbitrary: fc.tuple(fc.oneof(name, glob), subscript).map((pair) => pair.join('')) },
      { weight: 2, arbitrary: glob },
      { weight: 1, arbitrary: regex },
    ),
  )
  .map((pair) => pair.join(''));

const pattern = fc
  .tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.constantFrom(':', ':', ',', ', '))
  .map(([parts, separator]) => parts.join(separator));

/** What of `hosts` of a play and of `-l`; some name nobody. */
export const patternQuestion: fc.Arbitrary<PatternQuestion> = fc
  .record({ pattern, limit: fc.oneof(pattern, fc.constant('@limit')) }, { requiredKeys: ['pattern'] })
  // Where a limit leaves it out, `ansible localhost` runs there all the same; a play does not.
  .filter((question) => question.pattern !== 'localhost' || !('limit' in question));

/** The lines of the file that `@limit` names. */
export const limitFile: fc.Arbitrary<string> = fc
  .array(fc.oneof(part, fc.constantFrom('', '  ')), { maxLength: 4 })
  .map((lines) => ['w1', ...lines, ''].join('\n'));
