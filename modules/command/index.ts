import {
  defineModule,
  query,
  Scalar,
  stats,
  Type,
  valueOf,
  verbatim,
  type Action,
  type Read,
  type Static,
} from '../../src/contract/index.ts';

const argv = (description: string) => Type.Array(Scalar('One word'), { minItems: 1, description });
const guard = (description: string) =>
  Type.Union([argv('A program and its arguments'), Type.String({ minLength: 1 })], { description });
const path = (description: string) => Type.String({ pattern: '^/', description });

const params = Type.Object(
  {
    argv: Type.Optional(argv('A program and its arguments; no shell sees them')),
    shell: Type.Optional(Type.String({ minLength: 1, description: 'Text for /bin/sh' })),
    creates: Type.Optional(path('Not run where this path (or a match of this glob) exists')),
    unless: Type.Optional(guard('Not run where this program, or text for /bin/sh, succeeds; it must change nothing')),
    onlyif: Type.Optional(guard('Not run unless this program, or text for /bin/sh, succeeds; it must change nothing')),
    chdir: Type.Optional(path('The folder to run in; guards do not run there')),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

const check = ({ argv: words, shell }: Want) => [
  ...(words !== undefined && shell !== undefined
    ? [{ param: 'shell', message: 'argv and shell are two ways to say one thing: give one of them' }]
    : []),
  ...(words === undefined && shell === undefined
    ? [{ param: 'argv', message: 'nothing to run: give argv or shell' }]
    : []),
];

type Argv = readonly (string | number)[];

const wordsOf = (program: string | Argv): readonly string[] =>
  typeof program === 'string' ? ['/bin/sh', '-c', program] : program.map(String);

/** Whether a guard succeeds; undefined: there is no such guard. */
const succeeds = (program: string | Argv | undefined): Read<boolean | undefined> => {
  if (program === undefined) return { ops: [], decode: () => undefined };
  const output = query(wordsOf(program), verbatim);
  return { ops: output.ops, decode: (snapshot) => valueOf(output.decode(snapshot)) !== undefined };
};

/** Whether the path of `creates` exists; undefined: there is no such guard. */
const exists = (pattern: string | undefined): Read<boolean | undefined> => {
  if (pattern === undefined) return { ops: [], decode: () => undefined };
  const found = stats(pattern);
  return { ops: found.ops, decode: (snapshot) => found.decode(snapshot).size > 0 };
};

export default defineModule({
  kind: 'command',
  summary: 'Runs a program, unless its guards say that there is no need',
  params,
  stores: [],
  removable: false,
  check,
  observe: ({ creates, unless, onlyif }) => ({
    created: exists(creates),
    unless: succeeds(unless),
    onlyif: succeeds(onlyif),
  }),
  plan: ({ argv: words, shell, chdir }, { created, unless, onlyif }): readonly Action[] => {
    if (created === true || unless === true || onlyif === false) return [];
    const run = wordsOf(words ?? shell ?? '');
    const guarded = [created, unless, onlyif].some((one) => one !== undefined);
    return [
      {
        key: `command/${run.join(' ')}`,
        action: { run, ...(chdir !== undefined && { chdir }), ...(!guarded && { effect: 'unknown' as const }) },
      },
    ];
  },
});
