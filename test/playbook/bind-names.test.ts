import { describe, expect, it } from 'vitest';
import { afterwards, marking, tasksOn, unknown } from './bind-modules.ts';
import { compile, compileFolder, nothingYet, places, playWith, siteOf } from './site.ts';
import type { Value } from '../../src/inventory/types.ts';
import type { Scope } from '../../src/playbook/types.ts';
import type { Hosts } from './site.ts';

const one: Hosts = { one: { vars: { x: 'inventory' } } };

/** What `value` of the last task comes to. */
const last = (text: string, scope: Scope = nothingYet, hosts: Hosts = one): Value => {
  const site = siteOf(text, { hosts, modules: marking });
  const [item] = tasksOn(site, Object.keys(hosts)[0]!, hosts).at(-1)!.items(scope);
  return (item!.params as { readonly value: Value }).value;
};
const codes = (text: string, hosts: Hosts = one): readonly string[] =>
  places(compile(text, { hosts, modules: marking }).diagnostics.filter(({ severity }) => severity === 'error'));
const hintsOf = (text: string, hosts: Hosts = one): readonly (string | undefined)[] =>
  compile(text, { hosts, modules: marking })
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ hint }) => hint);

describe('layers of variables', () => {
  const role = (vars: string, defaults: string): Readonly<Record<string, string>> => ({
    'roles/r/tasks/main.yml': '- any: {value: "{{ x }}"}\n',
    'roles/r/vars/main.yml': vars,
    'roles/r/defaults/main.yml': defaults,
  });
  const inRole = (files: Readonly<Record<string, string>>, play: string, hosts: Hosts): Value => {
    const { site, diagnostics } = compileFolder(
      { 'site.yml': `- {name: P, hosts: all, ${play}}\n`, ...files },
      { hosts, modules: marking },
    );
    if (!site) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
    return (tasksOn(site, 'one', hosts)[0]!.items(nothingYet)[0]!.params as { readonly value: Value }).value;
  };
  it('defaults of a role are below the inventory, its vars above the play, its parameters above those', () => {
    const none = { one: {} };
    expect(inRole(role('{}', 'x: default'), 'roles: [r]', none)).toBe('default');
    expect(inRole(role('{}', 'x: default'), 'roles: [r]', one)).toBe('inventory');
    expect(inRole(role('{}', 'x: default'), 'roles: [r], vars: {x: play}', one)).toBe('play');
    expect(inRole(role('x: role', 'x: default'), 'roles: [r], vars: {x: play}', one)).toBe('role');
    expect(inRole(role('x: role', 'x: default'), 'roles: [{role: r, x: parameter}]', one)).toBe('parameter');
  });
  it('an error in a default points into its file', () => {
    const files = { 'site.yml': '- {name: P, hosts: all, roles: [r]}\n', ...role('{}', 'y: 1\nx: "{{ nope }}"') };
    const { diagnostics } = compileFolder(files, { hosts: { one: {} }, modules: marking });
    expect(diagnostics.map(({ code, position }) => [code, position?.file, position?.line])).toContainEqual([
      'undefined-variable',
      'roles/r/defaults/main.yml',
      2,
    ]);
  });
  it('a block is above the play, a task above its block', () => {
    const block = (task: string): string =>
      playWith(`    - {block: [{any: {value: "{{ x }}"}${task}}], vars: {x: block}}\n`, '  vars: {x: play}\n');
    expect(last(block(''))).toBe('block');
    expect(last(block(', vars: {x: task}'))).toBe('task');
  });
  it('what is learned or registered is above them all but -e', () => {
    const text = playWith('    - learn: {x: 1}\n    - {any: {value: "{{ x }}"}, vars: {x: task}}\n');
    expect(last(text, afterwards([['x', 'learned']]))).toBe('learned');
    const site = siteOf(text, { hosts: one, modules: marking, extra: { x: 'extra' } });
    const [, task] = tasksOn(site, 'one', one);
    expect(task!.needs.params.size).toBe(0);
    expect(task!.items(afterwards([['x', 'learned']]))[0]!.params).toEqual({ value: 'extra' });
  });
});

describe('names that tasks learn', () => {
  const text = playWith(
    '    - {learn: {x: 1, y: 2}, when: facts.virt == "kvm"}\n    - any: {value: "{{ x }}"}\n',
    '  vars: {x: "play {{ facts.kernel }}"}\n',
  );
  it('keep the value of the variable until they are set', () => {
    const task = tasksOn(siteOf(text, { hosts: one, modules: marking }), 'one', one).at(-1)!;
    // Either may be needed: what was learned, or what the variable of that name needs.
    expect([...task.needs.params].sort()).toEqual(['facts', 'registered']);
    expect(task.items(afterwards([], { kernel: '6.1' }))[0]!.params).toEqual({ value: 'play 6.1' });
    expect(task.items(afterwards([['x', 'learned']]))[0]!.params).toEqual({ value: 'learned' });
  });
  it('without a variable of that name are needed', () => {
    const later = playWith('    - learn: {z: 1}\n    - any: {value: "{{ z }}"}\n');
    const task = tasksOn(siteOf(later, { hosts: one, modules: marking }), 'one', one)[1]!;
    expect([...task.needs.params]).toEqual(['registered']);
    expect(() => task.items(nothingYet)).toThrow(/'z' is undefined/);
  });
  it('cannot be used before', () => {
    const early = playWith('    - any: {value: "{{ z }}"}\n    - learn: {z: 1}\n');
    expect(codes(early)).toEqual(['4:24+1 undefined-variable']);
    expect(hintsOf(early)).toEqual(['it is registered on line 5, which has not run by then']);
  });
  it('what the overridden variable lacks is no error', () => {
    const overridden = playWith('    - learn: {x: 1}\n    - any: {value: "{{ x }}"}\n', '  vars: {x: "{{ nope }}"}\n');
    expect(codes(overridden)).toEqual([]);
  });
});

describe('what is registered by then', () => {
  const register = (name: string): string => `{any: {}, register: ${name}}`;
  const use = (name: string): string => `{any: {value: "{{ ${name} }}"}}`;
  it('the same name may be registered twice', () => {
    const text = playWith(`    - ${register('r')}\n    - ${use('r')}\n    - ${register('r')}\n    - ${use('r')}\n`);
    expect(codes(text)).toEqual([]);
  });
  it('goes through blocks in the order of the file', () => {
    const block = (inBlock: string, rescue: string, always: string): string =>
      playWith(`    - block: [${inBlock}]\n      rescue: [${rescue}]\n      always: [${always}]\n    - any: {}\n`);
    expect(codes(block(register('r'), use('r'), use('r')))).toEqual([]);
    expect(codes(block('{any: {}}', register('r'), use('r')))).toEqual([]);
    expect(codes(block('{any: {}}', use('r'), register('r')))).toHaveLength(1);
    expect(codes(block(use('r'), register('r'), '{any: {}}'))).toHaveLength(1);
  });
  it('a rescue knows what failed, its block does not', () => {
    const failed = use('ansible_failed_result.msg ~ ansible_failed_task.name');
    expect(codes(playWith(`    - block: [{any: {}}]\n      rescue: [${failed}]\n`))).toEqual([]);
    expect(codes(playWith(`    - block: [${failed}]\n      rescue: [{any: {}}]\n`))).not.toEqual([]);
    const site = siteOf(playWith(`    - block: [{any: {}}]\n      rescue: [${failed}]\n`), { modules: marking });
    expect([...tasksOn(site)[1]!.needs.params]).toEqual(['registered']);
  });
  it('handlers know all of their play; what they register is known after a flush', () => {
    const play = (flush: string): string =>
      `- name: P\n  hosts: all\n  handlers:\n    - {name: h, any: {value: "{{ r }}"}, register: h}\n  tasks:\n    - {any: {}, register: r, notify: h}\n${flush}    - any: {value: "{{ h }}"}\n`;
    expect(codes(play('    - meta: flush_handlers\n'))).toEqual([]);
    expect(codes(play(''))).toEqual(['7:24+1 undefined-variable']);
  });
  it('a misspelt name gets the registered one as a hint', () => {
    const text = playWith(`    - ${register('result')}\n    - {any: {}, when: resul is changed}\n`);
    expect(hintsOf(text)).toEqual(["did you mean 'result'?"]);
  });
  it('a key that a result does not have is not mistaken for the name of the result', () => {
    const text = playWith(`    - ${register('result')}\n    - any: {value: "{{ result.stdout.rows }}"}\n`);
    const [, task] = tasksOn(siteOf(text, { hosts: one, modules: marking }), 'one', one);
    const scope: Scope = { registered: new Map([['result', { stdout: 'x' }]]), unknown: new Map() };
    expect(() => task!.items(scope)).toThrow(
      expect.objectContaining({
        diagnostics: [expect.objectContaining({ hint: expect.stringContaining('default(') })],
      }),
    );
  });
});

describe('magic variables', () => {
  const site = (value: string, hosts: Hosts = one): Value =>
    last(playWith(`    - any: {value: "${value}"}\n`), nothingYet, hosts);
  it('of a host', () => {
    const hosts: Hosts = { 'web1.example.org': { groups: ['b', 'a'] } };
    expect(site('{{ inventory_hostname_short }}', hosts)).toBe('web1');
    expect(site('{{ group_names }}', hosts)).toEqual(['a', 'b']);
    expect(site('{{ group_names }}')).toEqual(['ungrouped']);
    expect(site('{{ hostvars.one.group_names }}')).toEqual(['ungrouped']);
  });
  it('of a play: its hosts, and those of the batch', () => {
    const hosts: Hosts = { a: {}, b: {}, c: {} };
    const text = playWith(
      '    - any: {value: "{{ [play_hosts, ansible_play_batch, ansible_play_hosts] }}"}\n',
      '  serial: 2\n',
    );
    expect(last(text, nothingYet, hosts)).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b', 'c'],
    ]);
  });
  it('of a role, inside of one', () => {
    const { site: found, folder } = compileFolder(
      {
        'site.yml': '- {name: P, hosts: all, roles: [r]}\n',
        'roles/r/tasks/main.yml': '- any: {value: "{{ role_name }} {{ role_path }} {{ playbook_dir }}"}\n',
      },
      { hosts: one, modules: marking },
    );
    const [task] = tasksOn(found!, 'one', one);
    expect(task!.items(nothingYet)[0]!.params).toEqual({ value: `r ${folder}/roles/r ${folder}` });
    expect(codes(playWith('    - any: {value: "{{ role_path }}"}\n'))).toEqual(['4:24+9 undefined-variable']);
  });
  it('ansible_check_mode is a boolean', () => {
    expect(site('{{ ansible_check_mode }}')).toBe(false);
  });
});

describe('the loop', () => {
  it('names its items and their places, over any variable', () => {
    const text = playWith(
      '    - {any: {value: "{{ [x, n, ansible_loop_var] }}"}, loop: [a, b], loop_control: {loop_var: x, index_var: n}}\n',
    );
    const items = tasksOn(siteOf(text, { hosts: one, modules: marking }), 'one', one)[0]!.items(nothingYet);
    expect(items.map(({ value, params }) => [value, params])).toEqual([
      ['a', { value: ['a', 0, 'x'] }],
      ['b', { value: ['b', 1, 'x'] }],
    ]);
  });
  it("with another variable has no 'item'", () => {
    const text = playWith('    - {any: {value: "{{ item }}"}, loop: [a], loop_control: {loop_var: x}}\n');
    expect(hintsOf(text)).toEqual(["the item of this loop is 'x'"]);
  });
  it('that is late makes late what uses its items', () => {
    const text = playWith(
      '    - {any: {value: "{{ d.name }}", other: "{{ nope }}"}, loop: "{{ facts.disks }}", loop_control: {loop_var: d}, when: d.rotational}\n',
    );
    expect(codes(text)).toEqual(['4:48+4 undefined-variable']);
    const good = text.replace(', other: "{{ nope }}"', '');
    const [task] = tasksOn(siteOf(good, { hosts: one, modules: marking }), 'one', one);
    expect([[...task!.needs.params], [...task!.needs.when]]).toEqual([['facts'], ['facts']]);
    const disks = [
      { name: 'sda', rotational: true },
      { name: 'sdb', rotational: false },
    ];
    const items = task!.items(afterwards([], { disks }));
    expect(items.map(({ params, when }) => [params, when()])).toEqual([
      [{ value: 'sda' }, true],
      [{ value: 'sdb' }, false],
    ]);
  });
  it('without items has nothing to be wrong', () => {
    const text = playWith(
      '    - {any: {value: "{{ item.x ~ facts.kernel }}"}, loop: "{{ empty }}"}\n',
      '  vars: {empty: []}\n',
    );
    expect(codes(text)).toEqual([]);
  });
});

describe('a loop that learns', () => {
  const learned = (tasks: string, scope: Scope = nothingYet): readonly Value[] => {
    const text = playWith(`    - {any: {}, register: r}\n    - ${tasks}\n`, '  vars: {all: [0]}\n');
    const task = tasksOn(siteOf(text, { hosts: one, modules: marking }), 'one', one).at(-1)!;
    return task
      .items(scope)
      .filter((item) => item.when())
      .map(({ params }) => params);
  };
  it('sees in each turn what those before have learned', () => {
    expect(learned('{learn: {all: "{{ all + [item] }}", n: "{{ n | default(0) + 1 }}"}, loop: [1, 2]}')).toEqual([
      { all: [0, 1], n: 1 },
      { all: [0, 1, 2], n: 2 },
    ]);
  });
  it('in its conditions too, of turns that are not skipped', () => {
    expect(learned('{learn: {all: "{{ all + [item] }}"}, loop: [1, 1, 0, 2], when: item not in all}')).toEqual([
      { all: [0, 1] },
      { all: [0, 1, 2] },
    ]);
  });
  it('after what earlier tasks have learned', () => {
    const tasks = 'learn: {all: [7]}\n    - {learn: {all: "{{ all + [item] }}"}, loop: [1]}';
    expect(learned(tasks, afterwards([['all', [7]]]))).toEqual([{ all: [7, 1] }]);
    expect(learned(tasks)).toEqual([{ all: [0, 1] }]);
  });
  it('must know whether its turns run', () => {
    const text = playWith(
      '    - {any: {}, register: r}\n    - {learn: {a: "{{ item }}"}, loop: [1], when: r is changed}\n',
    );
    const task = tasksOn(siteOf(text, { hosts: one, modules: marking }), 'one', one)[1]!;
    expect([...task.needs.params]).toEqual(['registered']);
    const when = '{learn: {all: "{{ all + [item] }}"}, loop: [1, 2], when: "r[item] is changed"}';
    const scope = afterwards([['r', { 1: { changed: false }, 2: { changed: true } }]]);
    expect(learned(when, scope)).toEqual([{ all: [0, 2] }]);
  });
});

describe('in a plan', () => {
  const waits = (tasks: string, scope: Scope, keys = ''): string | undefined => {
    const text = playWith(`    - {any: {}, register: r}\n    - {learn: {y: 1}}\n    - ${tasks}\n`, keys);
    return tasksOn(siteOf(text, { hosts: one, modules: marking }), 'one', one)
      .at(-1)!
      .waitsFor(scope);
  };
  it('a task waits for the one that sets what it reaches', () => {
    expect(waits('any: {value: "{{ r.stdout }}"}', unknown('r'))).toBe('first');
    expect(waits('any: {value: "{{ via }}"}', unknown('r'), '  vars: {via: "{{ r.stdout }}"}\n')).toBe('first');
    expect(waits('{any: {value: "{{ item }}"}, loop: "{{ r.stdout_lines }}"}', unknown('r'))).toBe('first');
    expect(waits('{any: {}, when: r is changed}', unknown('r'))).toBe('first');
    expect(waits('{any: {}, environment: {A: "{{ r.rc }}"}}', unknown('r'))).toBe('first');
    expect(waits('{any: {}, delegate_to: "{{ r.stdout }}"}', unknown('r'))).toBe('first');
    expect(waits('{any: {}, changed_when: r.rc == 0}', unknown('r'))).toBe('first');
    expect(waits('any: {value: "{{ y }}"}', unknown('y'))).toBe('first');
  });
  it('and for no other', () => {
    expect(waits('any: {value: "{{ x }}"}', unknown('r', 'y'))).toBeUndefined();
    expect(waits('any: {value: "{{ r.stdout }}"}', unknown('y'))).toBeUndefined();
    expect(waits('any: {value: "{{ r.stdout }}"}', nothingYet)).toBeUndefined();
    // Its own result is not that of the other task of that name.
    expect(waits('{any: {}, register: r, changed_when: r.rc == 0}', unknown('r'))).toBeUndefined();
    // The loop's variable hides the result of that name.
    expect(waits('{any: {value: "{{ r }}"}, loop: [1], loop_control: {loop_var: r}}', unknown('r'))).toBeUndefined();
  });
  it('nor where an earlier condition does not hold: it is skipped whatever comes', () => {
    expect(waits('{any: {value: "{{ r.rc }}"}, when: x == "other"}', unknown('r'))).toBeUndefined();
    expect(waits('{any: {}, when: [x == "other", r is changed]}', unknown('r'))).toBeUndefined();
    expect(waits('{any: {}, when: [r is changed, x == "other"]}', unknown('r'))).toBe('first');
    expect(waits('{any: {}, when: [x == "inventory", r is changed]}', unknown('r'))).toBe('first');
    // Conditions on the item are no answer for the whole loop.
    expect(waits('{any: {value: "{{ r.rc }}"}, loop: [1], when: item is not defined}', unknown('r'))).toBe('first');
  });
  it('a result that is known is no wait, even where a variable of its name would be', () => {
    const scope: Scope = { ...unknown('y'), registered: new Map([['r', { stdout: 'a' }]]) };
    expect(waits('any: {value: "{{ r.stdout }}"}', scope, '  vars: {r: "{{ y }}"}\n')).toBeUndefined();
  });
});
