import { afterAll, describe, expect, it } from 'vitest';
import { listInventory } from '../../../src/inventory/print.ts';
import { folderWith } from '../folder.ts';
import { type PatternQuestion, type Question, startAnsible } from './ask.ts';
import { listOf, load, matched, parseList } from './compare.ts';

// Where perfplay means something else than Ansible, on purpose (docs/ansible.md): each with what either does.

const { ansible, missing } = await startAnsible();
afterAll(() => ansible?.close());

interface Deviation {
  readonly name: string;
  /** Besides an inventory without an ending: other files. */
  readonly files: Readonly<Record<string, string>>;
  readonly sources?: readonly string[];
  readonly pattern?: PatternQuestion;
  /** The code of an error, or what `--list` and the pattern give. */
  readonly here: string | { readonly list?: object; readonly hosts?: readonly string[] };
  readonly there: { readonly list?: object; readonly hosts?: readonly string[] };
}

const hostvars = (values: object): object => ({ _meta: { hostvars: values } });
const big = '12345678901234567890';

const deviations: readonly Deviation[] = [
  {
    name: 'the variables of a host that is named like a group stay with the host; Ansible gives them to the group',
    files: { hosts: '[web]\nweb x=1\nw2\n' },
    here: { list: hostvars({ web: { x: 1 } }) },
    there: { list: hostvars({ web: { x: 1 }, w2: { x: 1 } }) },
  },
  {
    name: 'a range in a list of hosts is one',
    files: {},
    sources: ['w[1:2],'],
    here: { list: { ungrouped: { hosts: ['w1', 'w2'] } } },
    there: { list: { ungrouped: { hosts: ['w[1:2]'] } } },
  },
  {
    name: 'a backward range is an error; to Ansible it is nobody',
    files: { hosts: '[web]\nw[3:1]\nx\n' },
    here: 'bad-host-name',
    there: { list: { web: { hosts: ['x'] } } },
  },
  {
    name: 'a key that stands twice is an error; to Ansible the last counts',
    files: { 'hosts.yml': 'web: {hosts: {h: {x: 1, x: 2}}}' },
    here: 'duplicate-key',
    there: { list: hostvars({ h: { x: 2 } }) },
  },
  {
    name: 'an unknown key of a group is an error; Ansible passes over it',
    files: { 'hosts.yml': 'web: {host: {h: }, hosts: {i: }}' },
    here: 'unknown-key',
    there: { list: { web: { hosts: ['i'] } } },
  },
  {
    name: 'a .yml file that is no YAML is an error; Ansible reads it as INI',
    files: { 'hosts.yml': '[web]\nh x=1\n' },
    here: 'yaml-syntax',
    there: { list: { web: { hosts: ['h'] } } },
  },
  {
    name: 'an integer that a double cannot hold is text',
    files: { hosts: `h x=${big}\n` },
    here: { list: hostvars({ h: { x: big } }) },
    there: { list: hostvars({ h: { x: Number(big) } }) },
  },
  {
    name: 'a key of a map is what is written',
    files: { 'hosts.yml': 'g: {hosts: {h: {m: {yes: 1, 0x10: 2, ~: 3}}}}' },
    here: { list: hostvars({ h: { m: { yes: 1, '0x10': 2, '~': 3 } } }) },
    there: { list: hostvars({ h: { m: { true: 1, 16: 2, null: 3 } } }) },
  },
  {
    name: 'a time is what is written',
    files: { 'hosts.yml': 'g: {hosts: {h: {t: 2001-12-14 21:59:43}}}' },
    here: { list: hostvars({ h: { t: '2001-12-14 21:59:43' } }) },
    there: { list: hostvars({ h: { t: '2001-12-14T21:59:43' } }) },
  },
  {
    name: 'bytes are an error; Ansible makes text of them',
    files: { hosts: `h x="b'a'"\n` },
    here: 'bad-value',
    there: { list: hostvars({ h: { x: 'a' } }) },
  },
  {
    name: 'a name that nobody has is an error; Ansible warns',
    files: { hosts: 'h\n' },
    pattern: { pattern: 'h:nobody' },
    here: { hosts: ['h'] },
    there: { hosts: ['h'] },
  },
  {
    name: 'a limit that names nothing is an error; to Ansible it is every host',
    files: { hosts: 'h\ni\n', limit: '\n' },
    pattern: { pattern: 'all', limit: '@limit' },
    here: { hosts: [] },
    there: { hosts: ['h', 'i'] },
  },
  {
    name: 'an expression that JavaScript cannot say is an error',
    files: { hosts: 'h\n' },
    pattern: { pattern: '~h++' },
    here: { hosts: [] },
    there: { hosts: ['h'] },
  },
];

const questionOf = ({ files, sources, pattern }: Deviation): Question => ({
  folder: folderWith(files),
  sources: sources ?? [Object.keys(files)[0]!],
  patterns: pattern ? [pattern] : [],
});

/** The parts of a list that are expected, each as a whole. */
const partsLike = (list: unknown, expected: object): object =>
  Object.fromEntries(Object.entries(list as object).filter(([name]) => name in expected));

describe.each(deviations)('$name', (deviation) => {
  const question = questionOf(deviation);
  const { pattern, here, there } = deviation;

  it('here', () => {
    const loaded = load(question);
    const listed = listOf(loaded);
    if (typeof here === 'string') {
      expect(listed).toMatchObject({ errors: [expect.stringContaining(`${here}: `)] });
      return;
    }
    if ('errors' in listed) return expect.unreachable(listed.errors.join('\n'));
    expect(partsLike(listed.list, here.list ?? {})).toEqual(here.list ?? {});
    if (pattern) expect(matched(loaded, pattern, question.folder)).toEqual({ hosts: here.hosts, refused: true });
  });

  it.skipIf(!ansible)(`there${missing && ` (skipped: ${missing})`}`, async () => {
    const answer = await ansible!.ask(question);
    if ('error' in answer) return expect.unreachable(answer.error);
    expect(partsLike(parseList(answer.list), there.list ?? {})).toEqual(there.list ?? {});
    expect(answer.patterns).toMatchObject(there.hosts ? [{ hosts: there.hosts }] : []);
  });
});

describe('passwords', () => {
  const question: Question = {
    folder: folderWith({ hosts: 'h ansible_password=hunter2\n' }),
    sources: ['hosts'],
    patterns: [],
  };

  it('are masked in --list', () => {
    expect(listInventory(load(question).inventory)).toContain('"ansible_password": "********"');
  });

  it.skipIf(!ansible)(`are printed by Ansible${missing && ` (skipped: ${missing})`}`, async () => {
    expect(await ansible!.ask(question)).toMatchObject({ list: expect.stringContaining('hunter2') });
  });
});
