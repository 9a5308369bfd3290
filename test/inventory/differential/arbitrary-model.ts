import fc from 'fast-check';

/** Variables as written, names once each. */
export type Variables<T> = readonly (readonly [name: string, value: T])[];

export interface GroupModel<Inline, Value> {
  readonly name: string;
  readonly hosts: readonly { readonly entry: string; readonly variables: Variables<Inline> }[];
  /** Only groups behind this one among `groupNames`: there is no circle, even through several sources. */
  readonly children: readonly string[];
  readonly variables: Variables<Value>;
  readonly priority: string | undefined;
}

/** What an inventory says, before it is INI, YAML or JSON. */
export type Model<Inline, Value> = readonly GroupModel<Inline, Value>[];

export const groupNames = ['web', 'db', 'rack-1', 'site', 'über', 'x1', 'k8s.io', 'zone_b'];
export const hostNames = [
  'w1',
  'w2',
  'db-1',
  'a.example.com',
  'b.example.com',
  '10.0.0.1',
  '2001:db8::1',
  'grün',
  '42',
];

const range = fc.oneof(
  fc
    .tuple(fc.nat(12), fc.nat(3), fc.constantFrom('', ':1', ':2'))
    .map(([from, more, step]) => `[${from}:${from + more}${step}]`),
  fc.tuple(fc.nat(9), fc.nat(3)).map(([from, more]) => `[0${from}:${String(from + more).padStart(2, '0')}]`),
  fc.constantFrom('[a:c]', '[X:Z]', '[x:B]', '[a:f:2]', '[:2]', '[08:11:3]', '[1:1]'),
);
const hostEntry = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...hostNames) },
  { weight: 2, arbitrary: range.map((one) => `w${one}`) },
  { weight: 1, arbitrary: fc.tuple(range, range).map(([one, two]) => `n${one}-${two}.example.com`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('w1:2022', 'w[1:2]:22', '[2001:db8::2]:23', '10.0.0.[1:2]', '10.0.0.1:24', '[w3]:9'),
  },
);

const variableName = fc.constantFrom('x', 'y', 'z', 'http_port', 'a-b');
/** Values of these are checked here: any would not do. */
const connection = fc.constantFrom(
  ['ansible_host', '192.0.2.7'] as const,
  ['ansible_port', '2222'] as const,
  ['ansible_user', 'deploy'] as const,
  ['ansible_become', 'yes'] as const,
  ['ansible_ssh_common_args', '-oServerAliveInterval=5'] as const,
  ['ansible_connection', 'local'] as const,
);

/** Variables with such values; `write` makes a plain word one of them. */
export const variables = <T>(value: fc.Arbitrary<T>, write: (word: string) => T): fc.Arbitrary<Variables<T>> =>
  fc.uniqueArray(
    fc.oneof(
      { weight: 8, arbitrary: fc.tuple(variableName, value) },
      { weight: 1, arbitrary: connection.map(([name, word]) => [name, write(word)] as const) },
    ),
    { maxLength: 3, selector: ([name]) => name },
  );

/** Groups that hold hosts and each other, by the variables that stand behind a host and those of a group. */
export const model = <Inline, Value>(
  inline: fc.Arbitrary<Variables<Inline>>,
  value: fc.Arbitrary<Variables<Value>>,
): fc.Arbitrary<Model<Inline, Value>> =>
  fc.subarray(groupNames, { minLength: 1, maxLength: 5 }).chain((names) => {
    const group = (name: string, index: number): fc.Arbitrary<GroupModel<Inline, Value>> =>
      fc.record({
        name: fc.constant(name),
        hosts: fc.uniqueArray(fc.record({ entry: hostEntry, variables: inline }), {
          maxLength: name === 'all' ? 1 : 3,
          selector: ({ entry }) => entry,
        }),
        children: name === 'ungrouped' ? fc.constant([]) : fc.subarray(names.slice(index)),
        variables: value,
        priority: fc.option(fc.constantFrom('2', '10', '-1', '0'), { nil: undefined, freq: 4 }),
      });
    return fc.tuple(...['all', ...names, 'ungrouped'].map(group));
  });

export const shuffled = <T>(items: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc.shuffledSubarray([...items], { minLength: items.length });
