import type { ExpressionCode } from '../../../src/playbook/expressions/errors.ts';
import type { Value } from '../../../src/inventory/types.ts';
import type { Kind } from './questions.ts';

/** Where perfplay means something else than Ansible, on purpose (docs/ansible.md). */
export interface Deviation {
  readonly why: string;
  readonly kind: Kind;
  readonly text: string;
  /** The answer of ansible-core 2.14; undefined: it changes from call to call, or names a place in memory. */
  readonly there: Value | undefined;
  readonly here: { readonly value: Value } | { readonly code: ExpressionCode };
}

const keepsType = 'a lone {{ }} keeps the type of its value, whatever it is';
const exact = 'integers end where they would no longer be exact';
const ownValues = 'a variable is never changed; only lists and maps that the template itself has made are';
const keys = 'the keys of maps are texts';
const deterministic = 'what differs from call to call would change a converged host at every run';
const controller = 'expressions look at this machine through lookup alone';
const subset = 'left out, with what to write instead in the hint';

const refusal = (why: string, code: ExpressionCode, text: string, there: Value | undefined): Deviation => ({
  why,
  kind: 'value',
  text,
  there,
  here: { code },
});
const other = (why: string, text: string, there: Value | undefined, here: Value): Deviation => ({
  why,
  kind: 'value',
  text,
  there,
  here: { value: here },
});

export const deviations: readonly Deviation[] = [
  other(keepsType, '{{ m.x }}', '1', 1),
  other(keepsType, "{{ '[1]' }}", [1], '[1]'),
  other(keepsType, '{{ 1, 2 }}', '(1, 2)', [1, 2]),
  other(keepsType, '{{ none }}', '', null),
  refusal(exact, 'bad-value', '{{ 2 ** 60 }}', '1152921504606846976'),
  refusal(exact, 'bad-expression', '{{ 9007199254740993 }}', '9007199254740993'),
  refusal(exact, 'bad-value', "{{ '9007199254740993' | int }}", '9007199254740993'),
  refusal(exact, 'bad-value', "x{{ '[9007199254740993]' | from_json }}", 'x[9007199254740993]'),
  refusal('no number is infinite', 'bad-expression', '{{ 1e400 }}', 'inf'),
  refusal('no number is NaN', 'bad-value', "{{ 'NaN' | from_json }}", 'nan'),
  other(keys, "x{{ {1: 'x'} }}", "x{1: 'x'}", "x{'1': 'x'}"),
  other(`${keys}; whole numbers among them come first`, "{{ {'b': 1, '1': 2} | list }}", ['b', '1'], ['1', 'b']),
  refusal('omit inside a longer text is a mistake', 'bad-value', 'a{{ omit }}', 'a<omit>'),
  refusal(ownValues, 'bad-value', '{{ l.append(9) }}{{ l }}', [3, 1, 2, 9]),
  refusal(ownValues, 'bad-value', '{% set x = l %}{% set _ = x.append(1) %}{{ x }}', [3, 1, 2, 1]),
  other('ranges and the keys of maps are lists', '{{ range(3) | string }}', 'range(0, 3)', '[0, 1, 2]'),
  other('ranges and the keys of maps are lists', '{{ m.keys() | type_debug }}', 'dict_keys', 'list'),
  other('patterns know \\w, \\d and \\b of ASCII', "{{ 'é' is match('\\w') }}", true, false),
  other(
    'YAML is written without anchors',
    '{{ [l, l] | to_yaml }}',
    '- &id001 [3, 1, 2]\n- *id001\n',
    '- [3, 1, 2]\n- [3, 1, 2]\n',
  ),
  refusal('a key that stands twice in YAML is a mistake', 'bad-value', "{{ 'a: 1\na: 2' | from_yaml }}", { a: 2 }),
  refusal('undefined values have no type', 'undefined-variable', '{{ nope is not none }}', true),
  refusal('undefined values have no type', 'undefined-variable', '{{ nope is string }}', false),
  refusal('texts are Unicode', 'bad-value', "{{ '/w==' | b64decode }}", '\udcff'),
  refusal('hashes are md5, sha1 and the sha2 family', 'bad-value', "{{ 'a' | hash('sha3_256') | length }}", '64'),
  refusal('members are those of the data', 'undefined-variable', '{{ s.__class__ }}', "<class 'str'>"),
  refusal('members are those of the data', 'undefined-variable', '{{ s.upper }}', undefined),
  other('members are those of the data', "{{ {'items': 1}.items }}", undefined, 1),
  refusal(deterministic, 'unknown-filter', '{{ [1] | random }}', '1'),
  refusal(deterministic, 'unknown-filter', '{{ [1] | shuffle }}', [1]),
  refusal(deterministic, 'unknown-filter', "{{ '%Y' | strftime(0) }}", '1970'),
  refusal(deterministic, 'unknown-filter', "{{ 'a' | password_hash('md5') | type_debug }}", 'str'),
  refusal(deterministic, 'bad-expression', '{{ now() | type_debug }}', 'datetime'),
  refusal(deterministic, 'bad-expression', '{{ lipsum(n=1) | type_debug }}', 'Markup'),
  refusal(controller, 'unknown-test', "{{ '/etc' is exists }}", true),
  refusal(controller, 'unknown-filter', "{{ '/etc/nothing*' | fileglob }}", []),
  refusal(controller, 'bad-expression', "{{ lookup('pipe', 'echo x') }}", 'x'),
  refusal(subset, 'bad-expression', "{{ lookup('vars', 'a') }}", '1'),
  refusal(subset, 'bad-expression', "{{ joiner(',') | type_debug }}", 'Joiner'),
  refusal(subset, 'unknown-filter', "{{ 'a' | to_uuid }}", '9b6d1a0c-51b1-5093-93fc-cf09a700edff'),
  refusal(subset, 'unknown-filter', "{{ '<' | escape }}", '&lt;'),
  refusal(subset, 'unknown-test', "{{ 'upper' is filter }}", true),
  refusal(subset, 'bad-expression', '{% for i in l recursive %}{{ i }}{% endfor %}', '312'),
  refusal(subset, 'bad-expression', '{% with x = 1 %}{{ x }}{% endwith %}', '1'),
  refusal(subset, 'bad-expression', '{% filter upper %}x{% endfilter %}', 'X'),
  refusal(subset, 'bad-expression', '{% macro f() %}<{{ caller() }}>{% endmacro %}{% call f() %}x{% endcall %}', '<x>'),
  refusal(subset, 'bad-expression', '{% block x %}y{% endblock %}', 'y'),
  {
    why: 'a condition is an expression already',
    kind: 'condition',
    text: '{{ a }} == 1',
    there: true,
    here: { code: 'bad-expression' },
  },
];
