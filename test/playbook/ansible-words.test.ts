import { describe, expect, it } from 'vitest';
import { modules as allModules } from '../../modules/registry.ts';
import { factForm } from '../../src/playbook/read/ansible-facts.ts';
import { moduleHint } from '../../src/playbook/read/ansible-names.ts';
import { parameterForm } from '../../src/playbook/read/ansible-parameters.ts';
import { parameterNames } from '../../src/playbook/read/task-module.ts';
import {
  blockKeywords,
  handlerKeywords,
  playKeywords,
  roleKeywords,
  taskKeywords,
} from '../../src/playbook/read/keywords.ts';
import { compile, places, playWith } from './site.ts';
import type { Keywords } from '../../src/playbook/read/keywords.ts';

const words = (text: string): readonly string[] => text.split(/\s+/).filter(Boolean);

/** What `ansible-doc -t keyword` of ansible-core 2.14 says applies to each place. */
const everywhere = `any_errors_fatal become become_exe become_flags become_method become_user check_mode collections connection
  debugger diff environment ignore_errors ignore_unreachable module_defaults name no_log port remote_user run_once tags
  throttle timeout vars`;
const places214: readonly (readonly [string, readonly Keywords[], string])[] = [
  ['Play', [playKeywords], `fact_path force_handlers gather_facts gather_subset gather_timeout handlers hosts
    max_fail_percentage order post_tasks pre_tasks roles serial strategy tasks vars_files vars_prompt`],
  ['Role', [roleKeywords], 'delegate_facts delegate_to when'],
  ['Block', [blockKeywords], 'always block delegate_facts delegate_to notify rescue when'],
  ['Task', [taskKeywords, handlerKeywords], `action args async changed_when delay delegate_facts delegate_to failed_when loop
    loop_control notify poll register retries until when`],
]; // prettier-ignore

describe("Ansible's keywords", () => {
  it.each(places214)('of a %s each mean something or say what to write', (_, keywords, own) => {
    for (const { known, foreign } of keywords)
      expect(words(`${everywhere} ${own}`).filter((key) => ![known, foreign].some((one) => one.has(key)))).toEqual([]);
  });
  it('are never both', () => {
    for (const { known, foreign } of [playKeywords, roleKeywords, blockKeywords, taskKeywords, handlerKeywords])
      expect([...foreign.keys()].filter((key) => known.has(key))).toEqual([]);
  });
});

const inTask = (line: string) => {
  const { diagnostics } = compile(playWith(`    - ${line}\n`));
  return diagnostics.filter(({ severity }) => severity === 'error');
};

describe("Ansible's modules", () => {
  const known = [...allModules.keys()];
  /** Modules of ansible.builtin in 2.14, without those that are keywords here. */
  const builtin =
    words(`add_host apt apt_key apt_repository assemble assert async_status blockinfile command copy cron debconf
    debug dnf dpkg_selections expect fail fetch file find gather_facts get_url getent git group group_by hostname include_role
    include_tasks include_vars iptables known_hosts lineinfile package package_facts pause ping pip raw reboot replace rpm_key
    script service service_facts set_fact set_stats setup shell slurp stat subversion systemd systemd_service sysvinit template
    tempfile unarchive uri user validate_argument_spec wait_for wait_for_connection yum yum_repository`);
  it.each(builtin)('%s has a form here, with its collection and without', (name) => {
    expect(moduleHint(`ansible.builtin.${name}`, known)).toMatch(/\w/);
    if (!known.includes(name)) expect(moduleHint(name, known)).toMatch(/\w/);
  });
  it.each([
    ['ansible.posix.sysctl', 'write sysctl: {values: {NAME: value}}'],
    ['community.general.modprobe', 'write kernel_module:'],
    ['community.general.ini_file', 'write config_file:'],
    ['ansible.builtin.import_tasks', 'write import_tasks:'],
    ['ansible.builtin.meta', 'write meta:'],
    ['ansible.builtin.file', 'write file:'],
    ['servce', "did you mean 'service'?"],
  ])('%s: %s', (name, hint) => expect(moduleHint(name, known)).toContain(hint));
  it('speak of modules that exist', () => {
    const forms = builtin
      .concat('sysctl', 'modprobe', 'ini_file', 'kernel_blacklist')
      .map((name) => moduleHint(name, []) ?? '');
    const named = forms.flatMap((form) => [...form.matchAll(/\bwrite (\w+): \{/g)].map(([, name]) => name!));
    expect(named.length).toBeGreaterThan(20);
    expect(
      named.filter((name) => !known.includes(name) && !taskKeywords.known.has(name) && name !== 'import_role'),
    ).toEqual([]);
  });
  it.each([
    ['community.general.modprobe: {name: x}', '4:7+26 unknown-module'],
    ['shell: echo', '4:7+5 unknown-module'],
    ['include_tasks: a.yml', '4:7+13 not-supported'],
    ['{debug: {msg: x}, with_items: [1]}', '4:25+10 not-supported'],
    ['{command: {argv: [a]}, async: 10}', '4:30+5 not-supported'],
    ['{action: debug msg=x}', '4:8+6 not-supported'],
    ['{local_action: debug msg=x}', '4:8+12 not-supported'],
  ])('%s is one error', (line, place) => {
    const errors = inTask(line);
    expect(places(errors)).toEqual([place]);
    expect(errors[0]!.hint).toMatch(/\w/);
  });
});

describe("Ansible's parameters", () => {
  it('are never ours', () => {
    const kinds = [
      'sysctl',
      'service',
      'command',
      'file',
      'template',
      'package',
      'wait_for',
      'debug',
      'assert',
      'pause',
    ];
    for (const kind of kinds)
      expect(parameterNames(allModules.get(kind)!).filter((name) => parameterForm(kind, name) !== undefined)).toEqual(
        [],
      );
  });
  it('have the form to write', () => {
    const { diagnostics } = compile(
      playWith(`    - sysctl: {name: vm.swappiness, value: 1, reload: true}
    - service: {name: x, state: restarted}
    - package: {name: x, state: latest}
    - file: {dest: /x, state: touch}
    - assert: {that: true, msg: no}
`),
      { modules: allModules },
    );
    expect(diagnostics.map(({ code, position, hint }) => `${position!.line} ${code}: ${hint}`)).toEqual([
      '4 unknown-parameter: write values: {NAME: value}',
      '4 unknown-parameter: write values: {NAME: value}',
      '4 unknown-parameter: the running value is always written too; leave it out',
      expect.stringMatching(/^5 not-allowed: write command:/),
      expect.stringMatching(/^6 not-allowed: .*write present/),
      '7 unknown-parameter: write path',
      '7 not-allowed: write file',
      '8 unknown-parameter: write fail_msg',
    ]);
  });
});

describe("Ansible's facts", () => {
  it.each([
    ['when: ansible_os_family == "Debian"', 'write facts.os.family'],
    ['when: ansible_facts.os_family == "Debian"', 'perfplay doc facts'],
    ["when: 'ansible_kernel is version(5)'", 'write facts.kernel'],
    ['name: x, failed_when: ansible_processor_vcpus > 1', 'write facts.cpu.count'],
  ])('%s', (keys, hint) => {
    const [first, ...rest] = inTask(`{debug: {msg: x}, ${keys}}`);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ code: 'undefined-variable', hint: expect.stringContaining(hint) as string });
  });
  it('have forms that are expressions of facts that exist', () => {
    const names = [
      'os_family',
      'distribution',
      'distribution_version',
      'distribution_major_version',
      'kernel',
      'architecture',
    ].concat(
      'processor',
      'processor_count',
      'processor_vcpus',
      'memtotal_mb',
      'virtualization_type',
      'interfaces',
      'devices',
    );
    for (const name of names) {
      const expression = /^write ([^:]*)/.exec(factForm(`ansible_${name}`)!)![1]!;
      expect(inTask(`{debug: {msg: "{{ ${expression} }}"}}`), expression).toEqual([]);
    }
  });
});

describe('a text where a map of parameters belongs', () => {
  const hintsOf = (line: string) =>
    compile(playWith(`    - ${line}\n`), { modules: allModules }).diagnostics.map(
      ({ code, hint }) => `${code}: ${hint}`,
    );
  it.each([
    ['command: ls -l /tmp', 'write command: {argv: [ls, -l, /tmp]}'],
    ['command: "echo 1 > /sys/x"', 'write command: {shell: "echo 1 > /sys/x"}'],
    ['command: "ls {{ playbook_dir }}"', 'write command: {shell: "ls {{ playbook_dir }}"}'],
    ['command: FOO=bar ls', 'write command: {argv: [FOO=bar, ls]}'],
    [
      'sysctl: name=vm.swappiness value=10 state=present',
      'write sysctl: {state: present}; write values: {NAME: value}',
    ],
    [
      'service: name=x state=restarted',
      'write service: {name: x}; write command: {argv: [systemctl, restart, …]} as a handler',
    ],
    ['set_fact: a=1 b={{ playbook_dir }}', 'write set_fact: {a: 1, b: "{{ playbook_dir }}"}'],
    ['debug: hello', 'write debug: {msg: …}; its parameters are msg, var'],
    ['set_fact: hello', 'write set_fact: with a map of names and values below it'],
  ])('%s is one error with the map to write', (line, hint) => {
    expect(hintsOf(line)).toEqual([`free-form: ${hint}`]);
  });
});
