import fc from 'fast-check';

const join = (parts: readonly string[]): string => parts.join('');

/** White space around every kind of mark, with every sign that changes it. */
const space = fc.array(fc.constantFrom(' ', '\n', '\t', '  ', '\n\n', 'x', 'y\n', 'z '), { maxLength: 3 }).map(join);
const sign = fc.constantFrom('', '', '-', '+');
const tag = (body: string): fc.Arbitrary<string> =>
  fc.tuple(sign, sign).map(([before, after]) => `{%${before} ${body} ${after}%}`);
const inOrder = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> => fc.tuple(...parts).map(join);
const minus = fc.constantFrom('', '', '-');

const { block } = fc.letrec<{ block: string; piece: string }>((tie) => ({
  block: fc.array(tie('piece'), { maxLength: 5, depthIdentifier: 'block' }).map(join),
  piece: fc.oneof(
    { depthIdentifier: 'block', maxDepth: 3 },
    space,
    fc
      .tuple(minus, fc.constantFrom('a', 's', 'n', 't', 'l'), minus)
      .map(([before, name, after]) => `{{${before} ${name} ${after}}}`),
    fc
      .tuple(sign, fc.constantFrom(' ', '\n'), sign)
      .map(([before, inside, after]) => `{#${before}c${inside}${after}#}`),
    tag('set q = 1'),
    inOrder(
      fc.constantFrom('{% raw %}', '{%- raw %}', '{% raw -%}'),
      space,
      fc.constant('{{ z }}'),
      space,
      tag('endraw'),
    ),
    inOrder(fc.oneof(tag('if a'), tag('if n')), tie('block'), tag('endif')),
    inOrder(tag('if n'), tie('block'), tag('else'), tie('block'), tag('endif')),
    inOrder(fc.oneof(tag('for i in [1, 2]'), tag('for i in []')), tie('block'), tag('endfor')),
    inOrder(tag('for i in l if i > 1'), tie('block'), tag('else'), tie('block'), tag('endfor')),
  ),
}));
const header = fc.constantFrom(
  '',
  '',
  '#jinja2: trim_blocks: False\n',
  '#jinja2: lstrip_blocks: True\n',
  '#jinja2: lstrip_blocks: True, trim_blocks: False\n',
);

/** Template files that are well formed. */
export const templateFile: fc.Arbitrary<string> = inOrder(header, block, space, block);

/** Forms of each type, apart by semicolons; a letter stands for an expression of its type. */
const forms = {
  number: `0; 1; 2; -3; 7; 1.5; 0.1; -2.0; a; m.x; 0x1f; 1_000; (N + N); (N - N); (N * N); (N / N); (N // N); (N % N);
    (-N); (N | abs); (N | round); (N | round(1)); (N | int); (T | int); (T | float); (L | length); (T | length); (L | sum);
    (L | min); (L | first); L[0]; L[-1]; (N if B else N); (T.count(T)); (T.find(T)); (N ** 2)`,
  text: `''; 'a'; 'abc'; 'a b  c'; '12'; 'x-Y_z'; 'é'; s; m.y.z; '1.5'; (T ~ T); (T ~ N); (T + T); (T * 2); (T | upper);
    (T | title); (T | capitalize); T[1:]; T[::-1]; (T | replace(T, 'q')); (L | join('-')); (T | trim); (N | string);
    (L | string); (T if B else T); (T | default(T)); (T.strip()); (T.zfill(5)); ('%s|%5s|%-4s' % (T, T, N)); (T | hash);
    ('%05.2f %+d %x' % (N, N, 255)); ('{:>6}|{}'.format(T, N)); (T | center(7)); (T | b64encode); (T | quote);
    (T | regex_replace('[a-c]+', '<\\g<0>>')); (L | to_json); (T | comment)`,
  list: `[]; [1]; [3, 1, 2]; [1, 1.0, true]; l; (range(4) | list); [0.5, 2]; [N, N]; (L + L); (L | sort); (L | unique);
    (L | union(L)); (L | difference(L)); L[1:]; L[::2]; (L | intersect(L)); (L | reverse | list); (L * 2); (L | flatten);
    (L | map('string') | list | map('float') | list); (L | select('gt', N) | list); (L | reject('lt', N) | list);
    (L if B else L); (L | zip(L) | map('sum') | list); (L | symmetric_difference(L)); (L | batch(2) | map('first') | list)`,
  truth: `true; false; t; 1; 0; (N < N); (N == N); (N >= N); (T == T); (T < T); (T in T); (2 in L); (not B); (B and B);
    (B or B); (N is odd); (T is match('a')); (T is search('b$')); (L is subset(L)); (T is lower); (L == L); (L | bool);
    (T | bool); (N < N < N); (T is version('1.2', '<')); (L < L)`,
};
type Type = keyof typeof forms;
const letters: Readonly<Record<string, Type>> = { N: 'number', T: 'text', L: 'list', B: 'truth' };

const typed = fc.letrec<Record<Type, string>>((tie) => {
  const filled = (form: string): fc.Arbitrary<string> =>
    inOrder(...form.split(/\b([NTLB])\b/).map((part) => (letters[part] ? tie(letters[part]) : fc.constant(part))));
  const of = (type: Type): fc.Arbitrary<string> =>
    fc.oneof(
      { depthIdentifier: 'expression', maxDepth: 4, depthSize: 'small' },
      ...forms[type].split(/;\s+/).map(filled),
    );
  return { number: of('number'), text: of('text'), list: of('list'), truth: of('truth') };
});

/** Expressions of known types, so that most have a value. */
export const expression: fc.Arbitrary<string> = fc.oneof(typed.number, typed.text, typed.list, typed.truth);
