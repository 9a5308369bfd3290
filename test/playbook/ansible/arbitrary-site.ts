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
const condition = fc.constantFrom({}, {}, {}, { when: 'true' }, { when: 'false' }, { when: ["v | default('') != 'task'"] });
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

/** Tasks of a file; only what has a higher number is imported, so that there is no circle. */
const tasks = (from: number, files: readonly string[]): fc.Arbitrary<readonly Words[]> => {
  const roles = roleNames.slice(from);
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

const entry = (from: number): fc.Arbitrary<string | Words> => {
  const name = fc.constantFrom(...roleNames.slice(from));
  return fc.oneof(
    name,
    merged(
      name.map((role) => ({ role })),
      tags,
      vars('entry'),
      fc.constantFrom<Words>({}, { v: 'parameter' }, { w: 'parameter' }),
    ),
  );
};
const handler = (name: string): Words => ({ name, ...say });
const declared = (origin: string): fc.Arbitrary<Words> => vars(origin).map((found) => (found['vars'] as Words) ?? {});

const role = (index: number): fc.Arbitrary<Readonly<Record<string, unknown>>> =>
  fc
    .record({
      'tasks/main.yml': tasks(index + 1, ['more.yml']),
      'tasks/more.yml': tasks(index + 1, []),
      'defaults/main.yml': declared(`default of r${index}`),
      'vars/main.yml': declared(`vars of r${index}`),
      'handlers/main.yml': fc.constantFrom([handler('h')], [handler('h'), { ...handler('g'), listen: 'topic' }]),
      'meta/main.yml':
        index + 1 < roleNames.length
          ? fc.array(entry(index + 1), { maxLength: 2 }).map((dependencies) => ({ dependencies }))
          : fc.constant({}),
    })
    .map((files) => Object.fromEntries(Object.entries(files).map(([name, value]) => [`roles/r${index}/${name}`, value])));

const play = merged(
  fc.constant({
    hosts: 'all',
    gather_facts: false,
    handlers: [handler('h'), { ...handler('g'), listen: ['topic'] }],
  }),
  tags,
  vars('play'),
  tasks(0, ['one.yml', 'tasks/two.yml']).map((list) => ({ tasks: list })),
  fc.array(entry(0), { maxLength: 3 }).map((roles) => ({ roles: [...roles, 'r2'] })),
  fc.oneof(fc.constant({}), tasks(4, []).map((pre_tasks) => ({ pre_tasks }))),
  fc.oneof(fc.constant({}), tasks(4, []).map((post_tasks) => ({ post_tasks }))),
);

/** Playbooks of roles, blocks and imports with tags, variables and handlers. */
export const site: fc.Arbitrary<SiteFiles> = fc
  .tuple(
    fc.array(play, { minLength: 1, maxLength: 2 }),
    tasks(2, ['tasks/two.yml']),
    tasks(3, []),
    ...roleNames.map((_, index) => role(index)),
  )
  .map(([plays, one, two, ...roles]) => {
    let count = 0;
    const files = { 'site.yml': plays, 'one.yml': one, 'tasks/two.yml': two, ...Object.assign({}, ...roles) } as Words;
    return Object.fromEntries(
      Object.entries(files).map(([name, value]) => [name, JSON.stringify(value).replaceAll('"#', () => `"#${count++}`)]),
    );
  });

export const selection = fc.record({
  tags: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(tag, { maxLength: 2 }) }),
  skipTags: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(tag, { maxLength: 1 }) }),
});
