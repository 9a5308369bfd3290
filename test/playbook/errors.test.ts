import { describe, expect, it } from 'vitest';
import { compile, inventoryPosition, places, playWith, threeHosts } from './site.ts';

const errorsOf = (text: string, options: Parameters<typeof compile>[1] = {}) =>
  compile(text, options).diagnostics.filter(({ severity }) => severity === 'error');
const task = (line: string): string => playWith(`    - ${line}\n`);

describe('each mistake has its place', () => {
  // Tasks begin at line 4, column 7: "    - " stands before.
  it.each<[string, string, string, string | undefined]>([
    ['unknown play key', '- name: P\n  hosts: all\n  taks: []\n', '3:3+4 unknown-key', "did you mean 'tasks'?"],
    ['on_failure', '- name: P\n  hosts: all\n  on_failure: 1\n', '3:15+1 not-allowed', undefined],
    ["Ansible's key", '- name: P\n  hosts: all\n  strategy: free\n', '3:3+8 not-supported', undefined],
    [
      'module as play key',
      '- name: P\n  hosts: all\n  cpu: {}\n',
      '3:3+3 unknown-key',
      "'cpu' is a module: write it in a task under tasks:",
    ],
    ['unknown task key', task('{cpu: {governor: x}, wehn: true}'), '4:28+4 unknown-key', "did you mean 'when'?"],
    ['with_items', task('{cpu: {governor: x}, with_items: []}'), '4:28+10 not-supported', 'write loop: with a list'],
    ['no module', task('{name: only a name}'), '4:7+19 no-module', undefined],
    [
      'two modules',
      task('{cpu: {governor: x}, merge: {run: on}}'),
      '4:28+5 two-modules',
      "make 'merge' a task of its own",
    ],
    ['unknown module', task('limts: {values: {}}'), '4:7+5 unknown-module', "did you mean 'limits'?"],
    [
      'collection name',
      task('ansible.posix.limits: {}'),
      '4:7+20 unknown-module',
      'write limits: modules have one word here',
    ],
    ['free form', task('program: reboot now'), '4:16+10 free-form', 'write program: {argv: [reboot, now]}'],
    ['key=value', task('limits: name=a value=1'), '4:15+14 free-form', 'write limits: {name: a, value: 1}'],
    ['play without hosts', '- name: P\n  tasks: []\n', '1:3+7 missing-key', undefined],
    [
      'handler without name',
      '- name: P\n  hosts: all\n  handlers:\n    - cpu: {governor: x}\n',
      '4:7+3 missing-key',
      undefined,
    ],
    ['hosts of nobody', '- name: P\n  hosts: kvms\n', '2:10+4 unknown-host', 'did you mean kvm?'],
    ['become is no boolean', '- name: P\n  hosts: all\n  become: sure\n', '3:11+4 wrong-type', undefined],
    ['serial', '- name: P\n  hosts: all\n  serial: [1, half]\n', '3:15+4 wrong-type', undefined],
    ['serial above all', '- name: P\n  hosts: all\n  serial: 101%\n', '3:11+4 wrong-type', undefined],
    ['max_fail_percentage', '- name: P\n  hosts: all\n  max_fail_percentage: 101\n', '3:24+3 wrong-type', undefined],
    ['tasks is a map', '- name: P\n  hosts: all\n  tasks: {cpu: {}}\n', '3:10+9 wrong-type', undefined],
    ['a playbook is a map', 'name: P\n', '1:1+7 wrong-type', undefined],
    ['nothing', '', '1:1+- empty-playbook', undefined],
    ['unsupported', task('{cpu: {governor: x}, unsupported: skp}'), '4:41+3 not-allowed', "did you mean 'skip'?"],
    ['apply', task('{cpu: {governor: x}, apply: bot}'), '4:35+3 not-allowed', "did you mean 'boot' or 'both'?"],
    ['variable name', '- name: P\n  hosts: all\n  vars: {my-name: 1}\n', '3:10+7 bad-name', undefined],
    ['reserved variable', '- name: P\n  hosts: all\n  vars: {facts: 1}\n', '3:10+5 bad-name', undefined],
    ['register name', task('{cpu: {governor: x}, register: a-b}'), '4:38+3 bad-name', undefined],
    [
      'notify of nobody',
      task('{cpu: {governor: x}, notify: restart}'),
      '4:36+7 unknown-handler',
      'write it under handlers: of this play',
    ],
    ['loop over a word', task('{cpu: {governor: x}, loop: abc}'), '4:34+3 wrong-type', undefined],
    [
      'condition in braces',
      task('{cpu: {governor: x}, when: "{{ cstate }}"}'),
      '4:35+2 bad-expression',
      'drop the braces: cstate',
    ],
    ['condition', task('{cpu: {governor: x}, when: cstate = 1}'), '4:41+1 bad-expression', undefined],
    ['condition is a map', task('{cpu: {governor: x}, when: {a: 1}}'), '4:34+6 wrong-type', undefined],
    ['template never closed', task("cpu: {governor: 'a {{ cstate'}"), '4:26+2 bad-expression', undefined],
    ['statement that is never closed', task("cpu: {governor: '{% if a %}'}"), '4:27+2 bad-expression', undefined],
    [
      'unknown filter',
      task("cpu: {governor: '{{ governor | uper }}'}"),
      '4:38+4 unknown-filter',
      "did you mean 'upper'?",
    ],
    [
      'unknown test',
      task('{cpu: {governor: x}, when: cstate is defind}'),
      '4:44+6 unknown-test',
      "did you mean 'defined'?",
    ],
    ['template key', task("limits: {values: {'{{ governor }}': 1}}"), '4:25+16 template-key', undefined],
    ['unknown parameter', task('cpu: {governer: x}'), '4:13+8 unknown-parameter', "did you mean 'governor'?"],
    ['nothing where parameters belong', task('cpu:'), '4:7+3 missing-parameter', undefined],
    ['wrong type', task('cpu: {governor: x, min_khz: many}'), '4:35+4 wrong-type', undefined],
    [
      'number as text',
      task('cpu: {governor: x, min_khz: "5"}'),
      '4:35+3 wrong-type',
      'drop the quotes, or make it a number with | int',
    ],
    ['too large', task('cpu: {governor: x, min_khz: 9000001}'), '4:35+7 wrong-type', undefined],
    ['not allowed', task('merge: {run: off, owners: stopp}'), '4:33+5 not-allowed', "did you mean 'stop'?"],
    ['no switch', task('merge: {run: sometimes}'), '4:20+9 not-allowed', undefined],
    ['boolean for a scalar', task('limits: {values: {a: on}}'), '4:28+2 quote-it', 'quote it: "on"'],
    [
      'inside an alternative',
      task('limits: {values: {a: {mn: 1}}}'),
      '4:29+2 unknown-parameter',
      "did you mean 'min'?",
    ],
    ['state', task('cpu: {state: absnt}'), '4:20+5 not-allowed', "did you mean 'absent'?"],
    ["module's check", task('{kernel_line: {present: [a b]}, apply: running}'), '4:31+5 bad-value', undefined],
    [
      'fact that is none',
      task("cpu: {governor: '{{ facts.cpu.cuont }}'}"),
      '4:27+5 undefined-variable',
      "did you mean 'cpu.count'?",
    ],
    [
      'item without loop',
      task("cpu: {governor: '{{ item }}'}"),
      '4:27+4 undefined-variable',
      'only a task with loop: has an item',
    ],
    ['loop over a number', task("{cpu: {governor: x}, loop: '{{ cstate }}'}"), '4:34+14 wrong-type', undefined],
  ])('%s', (what, text, place, hint) => {
    const errors = errorsOf(text);
    expect(places(errors)).toContain(place);
    const found = errors[places(errors).indexOf(place)]!;
    expect(found.position?.file).toBe('site.yml');
    if (hint !== undefined) expect(found.hint?.startsWith(hint.slice(0, 16)), `${what}: ${found.hint}`).toBe(true);
  });

  it('reports errors of all files, in their order', () => {
    const texts: Record<string, string> = { 'a.yml': '- tasks: []\n  taks: []\n', 'b.yml': '- name: B\n' };
    const { site, diagnostics } = compile('', { files: ['a.yml', 'b.yml'], sources: { read: (file) => texts[file]! } });
    expect(site).toBeUndefined();
    expect(diagnostics.map(({ position, code }) => `${position?.file}:${position?.line} ${code}`)).toEqual([
      'a.yml:1 missing-key',
      'a.yml:2 unknown-key',
      'b.yml:1 missing-key',
    ]);
  });

  it('refuses a name that two handlers share, naming the first; results may share one, as the last is meant', () => {
    const text = playWith(
      '    - {cpu: {governor: x}, register: r}\n    - {cpu: {governor: x}, register: r}\n',
      '  handlers:\n    - {name: h, cpu: {governor: x}}\n    - {name: h, cpu: {governor: x}}\n',
    );
    const errors = errorsOf(text);
    expect(places(errors)).toEqual(['5:14+1 duplicate-handler']);
    expect(errors[0]!.message).toContain('first on line 4');
  });

  it('finds nothing wrong in a good playbook', () => {
    const text = playWith(
      `    - name: Governor {{ governor }}
      cpu: {governor: "{{ governor }}", boost: on, min_khz: 800000}
      when: [cstate == 1, "'kvm' in group_names"]
      register: result
      notify: again
      tags: cpu
    - limits: {values: {vm.swappiness: 1, fs.aio: {min: 5}}, state: absent}
      loop: "{{ groups.kvm }}"
`,
      '  handlers:\n    - {name: again, merge: {run: unmerge}}\n',
    );
    expect(compile(text).diagnostics).toEqual([]);
  });
});

describe('one mistake does not hide another', () => {
  it('in the same task', () => {
    const text = task(
      "{name: '{{ x', cpu: {governer: '{{ nope }}', min_khz: a, boost: '{{ b | uper }}'}, when: '{{ c }}'}",
    );
    expect(places(errorsOf(text))).toEqual([
      '4:15+2 bad-expression',
      '4:22+3 missing-parameter',
      '4:28+8 unknown-parameter',
      '4:42+4 undefined-variable',
      '4:61+1 wrong-type',
      '4:79+4 unknown-filter',
      '4:97+2 bad-expression',
    ]);
  });
  it('and each is said once, in a variable too', () => {
    const text = playWith(
      "    - cpu: {governor: ['{{ x }}', '{{ y.z }}']}\n",
      "  vars: {x: '{{ a b }}', y: {z: '{{ nope }}'}}\n",
    );
    const errors = errorsOf(text);
    expect(places(errors)).toEqual(['3:19+1 bad-expression', '3:37+4 undefined-variable']);
    expect(errors[1]!.message).toBe("'nope' is undefined, in the variable 'y' on kvm01, kvm02 and rp01");
  });
});

describe('undefined variables', () => {
  it('are reported once a place, with the hosts that lack them', () => {
    const hosts = { ...threeHosts, kvm03: { groups: ['kvm'] }, kvm04: {}, kvm05: {}, kvm06: {} };
    const [first, ...rest] = errorsOf(task("cpu: {governor: '{{ governor }}'}"), { hosts });
    expect(rest).toEqual([]);
    expect(first!.message).toBe("'governor' is undefined on kvm03, kvm04 and 2 more");
    expect(places([first!])).toEqual(['4:27+8 undefined-variable']);
  });

  it('point into the variable that uses them', () => {
    const hosts = { one: { vars: { word: '{{ nope }}' } } };
    const [first] = errorsOf(task("cpu: {governor: '{{ word }}'}"), { hosts });
    expect(first!.position).toEqual(inventoryPosition);
    expect(first!.message).toBe("'nope' is undefined, in the variable 'word' on one");
  });

  it('do not matter where the task is skipped', () => {
    expect(errorsOf(task("{cpu: {governor: '{{ nope }}'}, when: cstate == 3}"))).toEqual([]);
    expect(errorsOf(task("{cpu: {governor: '{{ nope }}'}, when: [nope is defined, nope == 1]}"))).toEqual([]);
    expect(errorsOf(task("{cpu: {governor: '{{ nope }}'}, when: [cstate == 3, facts.virt == 'kvm']}"))).toEqual([]);
    expect(
      errorsOf(task("{cpu: {governor: '{{ facts.virt ~ nope }}'}, when: [cstate == 3, facts.virt == 'kvm']}")),
    ).toEqual([]);
  });

  it('are found beside facts and results', () => {
    const errors = errorsOf(task("{cpu: {governor: '{{ facts.kernel ~ nope }}'}, when: facts.virt == wanted}"));
    expect(places(errors)).toEqual(['4:43+4 undefined-variable', '4:74+6 undefined-variable']);
  });

  it('name a later task that would register them', () => {
    const text = playWith("    - cpu: {governor: '{{ r.word }}'}\n    - {program: {argv: [a]}, register: r}\n");
    const [first] = errorsOf(text);
    expect(first!.hint).toBe('it is registered on line 5, which has not run by then');
  });

  it('count as registered only if the tags let the task run', () => {
    const text = playWith(
      "    - {program: {argv: [a]}, register: r, tags: x}\n    - {cpu: {governor: '{{ r.word }}'}, tags: y}\n",
    );
    expect(errorsOf(text)).toEqual([]);
    expect(places(errorsOf(text, { tags: ['y'] }))).toEqual(['5:28+1 undefined-variable']);
  });
});

describe('values from variables', () => {
  it('are shown with the text and the hosts they come from', () => {
    const [first] = errorsOf(task("cpu: {governor: x, min_khz: '{{ governor }}'}"));
    expect(first!.message).toBe(
      `'min_khz' must be an integer from 0 to 9000000, not "performance" from {{ governor }} on kvm01 and rp01`,
    );
    expect(places([first!])).toEqual(['4:35+16 wrong-type']);
  });

  it('are hidden by no_log', () => {
    const hosts = { one: { vars: { secret: 'hunter2' } } };
    for (const value of ['{{ secret }}', '{{ secret + 1 }}', '{{ secret | from_json }}']) {
      const errors = errorsOf(task(`{cpu: {governor: x, min_khz: '${value}'}, no_log: true}`), { hosts });
      expect(errors.length).toBe(1);
      expect(JSON.stringify(errors)).not.toContain('hunter2');
    }
  });
});

describe('limits and patterns', () => {
  const text = '- {name: A, hosts: kvm, tasks: []}\n- {name: B, hosts: brokers, tasks: []}\n';
  it('leaves out a play whose hosts the limit leaves out', () => {
    const { site } = compile(text, { limit: 'kvm02' });
    expect(site!.plays.map(({ index, hosts }) => [index, hosts])).toEqual([[0, ['kvm02']]]);
  });
  it('refuses a limit that leaves nobody, or that is unknown', () => {
    expect(places(errorsOf('- {name: A, hosts: kvm, tasks: []}\n', { limit: 'rp01' }))).toEqual(['no-hosts']);
    expect(places(errorsOf(text, { limit: 'kvm9' }))).toEqual(['unknown-host']);
  });
  it('takes hosts from -e', () => {
    const { site } = compile('- {name: A, hosts: "{{ target }}", tasks: []}\n', { extra: { target: 'kvm' } });
    expect(site!.plays[0]!.hosts).toEqual(['kvm01', 'kvm02']);
    expect(places(errorsOf('- {name: A, hosts: "{{ target }}", tasks: []}\n'))).toEqual(['1:20+14 undefined-variable']);
  });
});

describe('a canary', () => {
  const canaryTask = '    - kernel_line: {present: [quiet]}\n';
  it('is wanted where several hosts would change at once', () => {
    expect(places(errorsOf(playWith(canaryTask)))).toEqual(['4:7+11 canary']);
    expect(places(errorsOf(playWith(canaryTask, '  serial: [2, 1]\n')))).toEqual(['5:7+11 canary']);
  });
  it('is not wanted after a serial of one, for one host, for the running value, or by option', () => {
    expect(errorsOf(playWith(canaryTask, '  serial: [1, 100%]\n'))).toEqual([]);
    expect(errorsOf(playWith(canaryTask), { limit: 'kvm01' })).toEqual([]);
    expect(errorsOf(playWith(`${canaryTask}      apply: running\n`))).toEqual([]);
    expect(errorsOf(playWith(canaryTask), { noCanary: true })).toEqual([]);
  });
});

describe('warnings', () => {
  const warningsOf = (text: string, options: Parameters<typeof compile>[1] = {}) =>
    compile(text, options).diagnostics.filter(({ severity }) => severity === 'warning');
  it('tell of a variable that nothing reads and that is near to one that is read', () => {
    const hosts = { one: { vars: { governor: 'a', unrelated: 1, ansible_hots: 'x' } } };
    const text = playWith("    - cpu: {governor: '{{ governor }}'}\n", '  vars: {govenor: b}\n');
    const [first, ...rest] = warningsOf(text, { hosts });
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ code: 'unread-variable', hint: "did you mean 'governor'?", position: { line: 3 } });
  });
  it('leave siblings alone', () => {
    const hosts = { one: { vars: { disk1: 'a', disk2: 'b' } } };
    expect(warningsOf(task("cpu: {governor: '{{ disk1 }}'}"), { hosts })).toEqual([]);
  });
  it('tell of values that YAML readers take differently, not of switches', () => {
    expect(places(warningsOf(task('limits: {values: {mode: 0644}}')))).toEqual(['4:31+4 yaml-1.1']);
    expect(warningsOf(task('merge: {run: on}'))).toEqual([]);
    const text = playWith(
      "    - cpu: {governor: '{{ used | string }}'}\n",
      '  vars: {used: 22:22, unused_thing: 33:33}\n',
    );
    expect(places(warningsOf(text))).toEqual(['3:16+5 yaml-1.1']);
  });
});
