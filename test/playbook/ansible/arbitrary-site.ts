import fc from 'fast-check';

/** The files of a site by name; `site.yml` is the playbook. Texts are JSON, which is YAML. */
export type SiteFiles = Readonly<Record<string, string>>;

type Words = Readonly<Record<string, unknown>>;

const roleNames = ['r0', 'r1', 'r2', 'r3'];
const variables = ['v', 'w', 'x'];

const tag = fc.constantFrom('a', 'b', 'c', 'always', 'never');
const tags = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.uniqueArray(tag, { minLength: 1, maxLength: 2 }).map((list) => ({ tags: list })) },
);
const vars = (origin: string): fc.Arbitrary<Words> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc
        .uniqueArray(fc.constantFrom(...variables), { minLength: 1 })
        .map((names) => ({ vars: Object.fromEntries(names.map((name) => [name, origin])) })),
    },
  );
const condition = fc.constantFrom(
  {},
  {},
  {},
  { when: 'true' },
  { when: 'false' },
  { when: ["v | default('') != 'task'"] },
);
const notify = fc.constantFrom({}, {}, { changed_when: true, notify: ['h'] }, { changed_when: true, notify: ['topic', 'g'] }, {
  changed_when: true,
  notify: 'r2 : h',
}); // prettier-ignore

/** Says all variables as it sees them; each has a number of its own, given at the end. */
const say: Words = { debug: { msg: `# ${variables.map((name) => `${name}={{ ${name} | default('-') }}`).join(' ')}` } };
const merged = (...parts: readonly fc.Arbitrary<Words>[]): fc.Arbitrary<Words> =>
  fc.tuple(...parts).map((found) => Object.assign({}, ...found) as Words);

const task = merged(fc.constant(say), tags, vars('task'), condition, notify);
const plainBlock = merged(
  fc.array(task, { minLength: 1, maxLength: 2 }).map((block) => ({ block })),
  tags,
  vars('block'),
  condition,
  fc.constantFrom({}, { always: [say] }),
);

/** Tasks of a file with the roles and files that it may import. */
const tasks = (roles: readonly string[], files: readonly string[]): fc.Arbitrary<readonly Words[]> => {
  const parts: fc.WeightedArbitrary<Words>[] = [
    { weight: 4, arbitrary: task },
    { weight: 2, arbitrary: plainBlock },
  ];
  if (roles.length > 0)
    parts.push({
      weight: 1,
      arbitrary: merged(
        fc.constantFrom(...roles).map((name) => ({ import_role: { name } })),
        tags,
        vars('import_role'),
      ),
    });
  if (files.length > 0)
    parts.push({
      weight: 2,
      arbitrary: merged(
        fc.constantFrom(...files).map((name) => ({ import_tasks: name })),
        tags,
        vars('import_tasks'),
      ),
    });
  const part = fc.oneof(...parts);
  const block = merged(
    fc.array(part, { minLength: 1, maxLength: 2 }).map((inside) => ({ block: inside })),
    tags,
    vars('outer block'),
  );
  return fc.array(fc.oneof({ weight: 5, arbitrary: part }, { weight: 1, arbitrary: block }), {
    minLength: 1,
    maxLength: 3,
  });
};

/** How a role is called, the same wherever it is: Ansible mixes up what it was told at several places. */
const entry = (name: string): fc.Arbitrary<string | Words> =>
  fc.oneof(
    fc.constant(name),
    merged(
      fc.constant({ role: name }),
      tags,
      vars(`entry of ${name}`),
      fc.constantFrom<Words>({}, { v: `parameter of ${name}` }, { w: `parameter of ${name}` }),
    ),
  );
const handler = (name: string): Words => ({ name, ...say });
const declared = (origin: string): fc.Arbitrary<Words> => vars(origin).map((found) => (found['vars'] as Words) ?? {});

/** A role depends only on those of higher numbers, so that there is no circle. */
const role = (index: number, entries: readonly (string | Words)[]): fc.Arbitrary<Words> =>
  fc
    .record({
      'tasks/main.yml': tasks([], ['more.yml']),
      'tasks/more.yml': tasks([], []),
      'defaults/main.yml': declared(`default of r${index}`),
      'vars/main.yml': declared(`vars of r${index}`),
      'handlers/main.yml': fc.constantFrom([handler('h')], [handler('h'), { ...handler('g'), listen: 'topic' }]),
      'meta/main.yml': fc.subarray(entries.slice(index + 1)).map((dependencies) => ({ dependencies })),
    })
    .map((files) =>
      Object.fromEntries(Object.entries(files).map(([name, value]) => [`roles/r${index}/${name}`, value])),
    );

const play = (entries: readonly (string | Words)[]): fc.Arbitrary<Words> =>
  merged(
    fc.constant({
      hosts: 'all',
      gather_facts: false,
      handlers: [handler('h'), { ...handler('g'), listen: ['topic'] }],
    }),
    tags,
    vars('play'),
    tasks(['r2', 'r3'], ['one.yml', 'tasks/two.yml']).map((list) => ({ tasks: list })),
    fc.array(fc.constantFrom(...entries), { maxLength: 3 }).map((roles) => ({ roles: [...roles, entries[2]] })),
    fc.oneof(
      fc.constant({}),
      tasks([], []).map((pre_tasks) => ({ pre_tasks })),
    ),
    fc.oneof(
      fc.constant({}),
      tasks([], []).map((post_tasks) => ({ post_tasks })),
    ),
  );

const filesOf = (entries: readonly (string | Words)[]): fc.Arbitrary<Words> =>
  fc
    .tuple(
      fc.array(play(entries), { minLength: 1, maxLength: 2 }),
      tasks(['r2', 'r3'], ['tasks/two.yml']),
      tasks(['r3'], []),
      ...roleNames.map((_, index) => role(index, entries)),
    )
    .map(
      ([plays, one, two, ...roles]) =>
        Object.assign(
          { 'site.yml': plays, 'one.yml': one, 'tasks/two.yml': two },
          ...(roles as readonly Words[]),
        ) as Words,
    );

/** Playbooks of roles, blocks and imports with tags, variables and handlers. */
export const site: fc.Arbitrary<SiteFiles> = fc
  .tuple(...roleNames.map(entry))
  .chain(filesOf)
  .map((files) => {
    let count = 0;
    return Object.fromEntries(
      Object.entries(files).map(([name, value]) => [
        name,
        JSON.stringify(value).replaceAll('"#', () => `"#${count++}`),
      ]),
    );
  });

export const selection = fc.record({
  tags: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(tag, { maxLength: 2 }) }),
  skipTags: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(tag, { maxLength: 1 }) },
  ),
});
