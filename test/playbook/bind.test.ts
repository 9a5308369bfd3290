import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/diagnostics.ts';
import { tasksOf } from '../../src/playbook/sequence.ts';
import { bound, compile, nothingYet, playWith, siteOf, threeHosts } from './site.ts';
import { afterwards, tasksOn } from './bind-modules.ts';
import type { Hosts } from './site.ts';
import type { Value } from '../../src/inventory/types.ts';
import type { Scope } from '../../src/playbook/types.ts';

/** The parameters of every item of the first task on a host. */
const paramsOn = (
  text: string,
  host = 'kvm01',
  scope: Scope = nothingYet,
  options: Parameters<typeof compile>[1] = {},
) =>
  tasksOn(siteOf(text, options), host, options.hosts ?? threeHosts)[0]!
    .items(scope)
    .map(({ params }) => params);
const word = (template: string, keys = '', taskKeys = ''): string =>
  playWith(`    - {program: {argv: ["${template}"]}${taskKeys}}\n`, keys);
const wordOn = (template: string, options: Parameters<typeof compile>[1] = {}, keys = '', taskKeys = ''): Value => {
  const [params] = paramsOn(
    word(template, keys, taskKeys),
    options.hosts ? Object.keys(options.hosts)[0]! : 'kvm01',
    nothingYet,
    options,
  );
  return (params as { argv: readonly Value[] }).argv[0]!;
};

describe('which value wins', () => {
  const hosts: Hosts = { one: { vars: { x: 'inventory' } } };
  it('the inventory, then the play, the task, results, -e', () => {
    expect(wordOn('{{ x }}', { hosts })).toBe('inventory');
    expect(wordOn('{{ x }}', { hosts }, '  vars: {x: play}\n')).toBe('play');
    expect(wordOn('{{ x }}', { hosts }, '  vars: {x: play}\n', ', vars: {x: task}')).toBe('task');
    expect(wordOn('{{ x }}', { hosts, extra: { x: 'extra' } }, '  vars: {x: play}\n', ', vars: {x: task}')).toBe(
      'extra',
    );
  });
  it('a registered result over the task, -e over the result', () => {
    const text = playWith(
      '    - {program: {argv: [a]}, register: x}\n    - {program: {argv: ["{{ x }}"]}, vars: {x: task}}\n',
    );
    const scope = afterwards([['x', 'registered']]);
    const second = (extra: Record<string, Value>) =>
      tasksOn(siteOf(text, { extra }), 'kvm01')[1]!.items(scope)[0]!.params;
    expect(second({})).toEqual({ argv: ['registered'] });
    expect(second({ x: 'extra' })).toEqual({ argv: ['extra'] });
  });
  it('variables refer to one another across levels, rendered where they are used', () => {
    const text = word('{{ full }}', "  vars: {full: '{{ first }}-{{ last }}', first: a}\n", ', vars: {first: b}');
    expect(
      paramsOn(text, 'one', nothingYet, { hosts: { one: { vars: { last: '{{ inventory_hostname }}' } } } }),
    ).toEqual([{ argv: ['b-one'] }]);
  });
});

describe('magic variables', () => {
  it.each<[string, string]>([
    ['{{ inventory_hostname }}', 'kvm01'],
    ["{{ group_names | join(',') }}", 'kvm'],
    ["{{ groups.all | join(',') }}", 'kvm01,kvm02,rp01'],
    ["{{ groups['brokers'] | first }}", 'rp01'],
    ['{{ hostvars.kvm02.governor }}', 'powersave'],
    ["{{ hostvars[groups.brokers[0]]['inventory_hostname'] }}", 'rp01'],
    ["{{ play_hosts | join(',') }}", 'kvm01,kvm02,rp01'],
    ['{{ playbook_dir }}', process.cwd()],
  ])('%s', (template, expected) => {
    expect(wordOn(template)).toBe(expected);
  });
  it('cannot be overridden', () => {
    expect(wordOn('{{ inventory_hostname }}', { extra: { inventory_hostname: 'x' } })).toBe('kvm01');
  });
  it("another host's variables are rendered with its own names", () => {
    const hosts: Hosts = { one: { vars: { x: 1 } }, two: { vars: { x: 2, y: '{{ x }}{{ inventory_hostname }}' } } };
    expect(wordOn('{{ hostvars.two.y }}', { hosts: hosts })).toBe('2two');
  });
});

describe('items', () => {
  it('come from a list or a template, and keep their types', () => {
    const text = playWith(
      '    - {name: "min {{ item.khz }}", cpu: {governor: "{{ item.name }}", min_khz: "{{ item.khz }}"}, loop: "{{ list }}"}\n',
    );
    const hosts: Hosts = {
      one: {
        vars: {
          list: [
            { name: 'a', khz: 5 },
            { name: 'b', khz: 6 },
          ],
        },
      },
    };
    const [first, second] = tasksOn(siteOf(text, { hosts }), 'one', hosts)[0]!.items(nothingYet);
    expect(first).toMatchObject({
      label: '{"name":"a","khz":5}',
      name: 'min 5',
      params: { governor: 'a', min_khz: 5 },
    });
    expect(second).toMatchObject({ name: 'min 6', params: { governor: 'b', min_khz: 6 } });
  });
  it('are asked one by one whether they run', () => {
    const text = playWith('    - {program: {argv: ["{{ item }}"]}, loop: [a, b], when: item == governor}\n');
    const hosts: Hosts = { one: { vars: { governor: 'b' } } };
    const items = tasksOn(siteOf(text, { hosts }), 'one', hosts)[0]!.items(nothingYet);
    expect(items.map(({ label, when }) => [label, when()])).toEqual([
      ['a', false],
      ['b', true],
    ]);
  });
  it('a task without a loop has one, without a label', () => {
    const [item, ...rest] = tasksOn(siteOf(word('x')), 'kvm01')[0]!.items(nothingYet);
    expect(rest).toEqual([]);
    expect(item).not.toHaveProperty('label');
    expect(item!.name).toBe('program');
    expect(item!.when()).toBe(true);
  });
  it('a task that is skipped for good and has no parameters has none', () => {
    const text = playWith('    - {program: {argv: ["{{ nope }}"]}, when: governor == "other"}\n');
    expect(tasksOn(siteOf(text), 'kvm01')[0]!.items(nothingYet)).toEqual([]);
  });
});

describe('conditions', () => {
  it.each<[string, boolean]>([
    ['cstate == 1', true],
    ['[cstate == 1, governor == "powersave"]', false],
    ['true', true],
    ['false', false],
    ['governor', true],
    ['"\'\'"', false],
    ['cstate - 1', false],
  ])('when: %s', (when, expected) => {
    const [item] = tasksOn(siteOf(playWith(`    - {program: {argv: [a]}, when: ${when}}\n`)), 'kvm01')[0]!.items(
      nothingYet,
    );
    expect(item!.when()).toBe(expected);
  });
});

describe('what is known late', () => {
  it('is named by needs', () => {
    const text = playWith(`    - {program: {argv: [a]}, register: r}
    - {program: {argv: ["{{ facts.kernel }}"]}}
    - {program: {argv: ["{{ r.stdout }}"]}, when: facts.virt == 'none'}
    - {program: {argv: ["{{ kernel }}"]}, vars: {kernel: "{{ facts.kernel }}"}}
    - {program: {argv: ["{{ item }}"]}, loop: "{{ facts.nics }}", when: item != 'lo'}
    - {program: {argv: ["facts.kernel"]}, when: r is changed}
`);
    const needs = tasksOn(siteOf(text), 'kvm01').map((task) => [[...task.needs.params], [...task.needs.when]]);
    expect(needs).toEqual([
      [[], []],
      [['facts'], []],
      [['registered'], ['facts']],
      [['facts'], []],
      [['facts'], ['facts']],
      [[], ['registered']],
    ]);
  });
  it('is named by needs where a name or the word on a result asks for it', () => {
    const text = playWith(`    - {program: {argv: [a]}, register: r}
    - {program: {argv: [a]}, name: "on {{ facts.kernel }}"}
    - {program: {argv: [a]}, changed_when: facts.virt == 'none'}
    - {program: {argv: [a]}, failed_when: wanted, vars: {wanted: "{{ facts.virt == 'kvm' }}"}}
    - {program: {argv: [a]}, changed_when: r is changed}
`);
    const needs = tasksOn(siteOf(text), 'kvm01').map(({ needs: { params, when, result } }) => [
      params.size + when.size,
      [...result],
    ]);
    expect(needs).toEqual([
      [0, []],
      [0, ['facts']],
      [0, ['facts']],
      [0, ['facts']],
      [0, ['registered']],
    ]);
  });
  it('is rendered and validated when it is known', () => {
    const text = playWith('    - {cpu: {governor: x, min_khz: "{{ facts.memory_bytes }}"}}\n');
    const [task] = tasksOn(siteOf(text), 'kvm01');
    const at = (memory: Value) => task!.items({ ...nothingYet, facts: { memory_bytes: memory } });
    expect(at(5)[0]!.params).toEqual({ governor: 'x', min_khz: 5 });
    expect(() => at('many')).toThrow(InputError);
    expect(() => at('many')).toThrow(/'min_khz' must be an integer from 0 to 9000000, not "many".* on kvm01/);
    expect(() => task!.items(nothingYet)).toThrow(/undefined/);
  });
  it('is data: never a template again', () => {
    const text = playWith(
      '    - {program: {argv: [a]}, register: r}\n    - {program: {argv: ["{{ r.stdout }}", "{{ all }}"]}, vars: {all: "<{{ r.stdout }}>"}}\n',
    );
    const scope = afterwards([['r', { stdout: '{{ governor }}' }]]);
    expect(tasksOn(siteOf(text), 'kvm01')[1]!.items(scope)[0]!.params).toEqual({
      argv: ['{{ governor }}', '<{{ governor }}>'],
    });
  });
  it('a condition reads the scope when it is asked', () => {
    const registered = new Map<string, Value>();
    const text = playWith(
      '    - {program: {argv: [a]}, register: r}\n    - {program: {argv: [b]}, when: r is changed}\n',
    );
    const [item] = tasksOn(siteOf(text), 'kvm01')[1]!.items({ ...nothingYet, registered });
    registered.set('r', { changed: true });
    expect(item!.when()).toBe(true);
    registered.set('r', { changed: false });
    expect(item!.when()).toBe(false);
  });
  it('the rest is validated before the run', () => {
    const text = playWith('    - {cpu: {governor: "{{ facts.kernel }}", min_khz: many, bost: on}}\n');
    const { diagnostics } = compile(text);
    expect(diagnostics.map(({ code }) => code)).toEqual(['wrong-type', 'unknown-parameter']);
  });
  it('parameters of a task that is then skipped may have no value', () => {
    const text = playWith(
      '    - {program: {argv: [a]}, register: r}\n    - {program: {argv: ["{{ r.stdout }}"]}, when: r is not skipped}\n',
    );
    const scope = afterwards([['r', { skipped: true }]]);
    expect(tasksOn(siteOf(text), 'kvm01')[1]!.items(scope)).toEqual([]);
  });
});

describe('what a task says', () => {
  const text = `- name: P
  hosts: all
  become: true
  become_user: admin
  tags: [base]
  tasks:
    - {merge: {run: off}, become: false}
    - {cpu: {governor: a, boost: off, state: absent}, tags: "x, y", ignore_errors: yes, no_log: yes, unsupported: warn, apply: boot}
  handlers:
    - {name: again, merge: {run: on}}
`;
  it('with its play and defaults', () => {
    const [play] = siteOf(text).plays;
    expect(tasksOf(play!.sequence)[0]).toMatchObject({
      id: '0.0',
      name: 'merge',
      become: false,
      becomeUser: 'admin',
      tags: ['base'],
      ignoreErrors: false,
      noLog: false,
      unsupported: 'fail',
      apply: 'both',
      absent: false,
      notify: [],
      when: [],
    });
    expect(tasksOf(play!.sequence)[1]).toMatchObject({
      id: '0.1',
      become: true,
      tags: ['base', 'x', 'y'],
      ignoreErrors: true,
      noLog: true,
      unsupported: 'warn',
      apply: 'boot',
      absent: true,
    });
    expect(play!.handlers[0]).toMatchObject({ id: '0.h0', name: 'again' });
  });
  it('switches reach the module as booleans, the state does not', () => {
    const host = bound(siteOf(text), 'kvm01');
    expect(tasksOf(host.sequence).map((task) => task.items(nothingYet)[0]!.params)).toEqual([
      { run: false },
      { governor: 'a', boost: false },
    ]);
    expect(host.handlers[0]!.items(nothingYet)[0]!.params).toEqual({ run: true });
  });
  it('-b is the default of become, which a play overrides', () => {
    const plain = '- {name: P, hosts: all, tasks: [{merge: {run: on}}]}\n';
    const becomes = (text: string) => tasksOf(siteOf(text, { become: true }).plays[0]!.sequence)[0]!.become;
    expect(becomes(plain)).toBe(true);
    expect(becomes(plain.replace('hosts: all', 'hosts: all, become: false'))).toBe(false);
  });
});

describe('size', () => {
  it('1,000 hosts with 50 tasks compile in a few seconds at most', () => {
    const hosts: Hosts = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [
        `host${index}`,
        { groups: [`rack${index % 20}`], vars: { governor: `g${index % 5}`, cstate: index % 3, list: [1, index % 4] } },
      ]),
    );
    const tasks = Array.from(
      { length: 50 },
      (_, index) =>
        `    - {name: "T {{ cstate }}", cpu: {governor: "{{ governor }}-${index}", min_khz: "{{ cstate + ${index} }}"}, when: cstate < 2}\n`,
    );
    const start = performance.now();
    const site = siteOf(playWith(tasks.join('')), { hosts });
    expect(site.plays[0]!.hosts.length).toBe(1000);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
