import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLab, type Lab } from '../lab/hosts.ts';
import type { HostSpec } from '../lab/spec.ts';
import { brokerNode } from '../lab/trees.ts';
import { changesOf, createSite, e2eProblem, statusOf, titled, type Report, type Site } from './perfplay.ts';
import { forget, recorded, recorder } from './recorder.ts';

// The language on hosts with each sh and each way to root; what a site of Ansible's says too is in twin.test.ts.

const problem = e2eProblem ?? (existsSync('/usr/bin/perl') ? undefined : 'needs perl');

const tree = { ...brokerNode(), ...recorder.tree };
const { sshd } = recorder;
const hosts: readonly HostSpec[] = [
  { name: 'dash', groups: ['up'], tree, sshd },
  { name: 'bash', groups: ['up'], shell: 'bash', login: { user: 'root' }, tree, sshd },
  { name: 'ash', groups: ['up'], shell: 'busybox', userland: 'busybox', login: { profile: 'noisy' }, tree, sshd },
];
const up = hosts.map(({ name }) => name);

/** Bytes that a careless shell, printf or encoding would change. */
const template = `Grüße von {{ inventory_hostname }} — "quoted" 'single' \\back \\n $HOME \`id\` %s %% 100 %\n\ttab  \n
{% for name in groups['up'] | sort %}
{{ loop.index }}. {{ name | upper }}{{ ' ←' if name == inventory_hostname }}
{% endfor %}
日本語 𝄞 é\u0301 ohne Zeilenende`;
const rendered = (name: string): string => `Grüße von ${name} — "quoted" 'single' \\back \\n $HOME \`id\` %s %% 100 %
	tab  \n
1. ASH${name === 'ash' ? ' ←' : ''}
2. BASH${name === 'bash' ? ' ←' : ''}
3. DASH${name === 'dash' ? ' ←' : ''}
日本語 𝄞 é\u0301 ohne Zeilenende`;

const state = `- name: State
  hosts: up
  become: true
  vars: {base: /srv/state}
  tasks:
    - name: A folder
      file: {path: "{{ base }}/{{ item }}", state: directory, mode: "0750"}
      loop: [a, b c, u]
    - name: A template
      template: {src: words.j2, dest: "{{ base }}/u/words", mode: "0640"}
      register: words
      notify: Told
    - name: Only with a new one
      command: {shell: "echo new >>{{ base }}/log"}
      when: words is changed
    - name: Values of our own
      set_fact: {limit: "{{ 60 * 2 }}", level: "{{ 'high' if facts.cpu.count > 4 else 'low' }}"}
    - name: Lines
      config_file: {path: "{{ base }}/a/conf", values: {LIMIT: 120, SHELL: "{{ inventory_hostname }}"}}
      when: level == 'high'
    - name: A limit
      sysctl: {values: {vm.dirty_ratio: 11}}
    - name: Guarded
      command: {shell: "touch '{{ base }}/b c/done'", creates: "{{ base }}/b c/done"}
    - name: Guarded by a program
      command: {argv: [touch, "{{ base }}/tested"], unless: ["test", "-e", "{{ base }}/tested"]}
    - name: All is as it should be
      assert: {that: ["limit == 120", "level == 'high'", "words.failed == false"]}
  handlers:
    - name: Told
      command: {shell: "echo told >>{{ base }}/log"}
- name: Once more
  hosts: up
  become: true
  tasks:
    - name: Another limit
      sysctl: {values: {vm.swappiness: 12}}
`;

const acts = `- name: Acts
  hosts: up
  become: true
  tasks:
    - name: Tried until it holds
      command: {shell: "echo x >>/root/tries; test $(wc -l </root/tries) -ge 3"}
      register: tried
      until: tried.rc == 0
      retries: 4
      delay: 0
    - name: Killed
      command: {argv: [sleep, "7777"]}
      timeout: 0.5
      register: killed
      failed_when: killed.rc not in [124, 137, 143]
    - name: Once
      command: {shell: "echo {{ inventory_hostname }} >>/root/once; hostname"}
      run_once: true
      register: elected
    - name: With an environment
      command: {argv: [sh, -c, 'printf %s "$WORDS" >/root/environment']}
      environment: {WORDS: "ä 'b' $c {{ tried.attempts }} {{ elected.stdout }}"}
    - name: A value that the kernel refuses
      block:
        - name: Refused
          sysctl: {values: {net.core.somaxconn: lots}}
        - name: Not done
          command: {argv: [touch, /root/not-done]}
      rescue:
        - name: Made good
          sysctl: {values: {net.core.somaxconn: 2048}}
        - name: Written down
          command: {argv: [sh, -c, 'printf %s "$1" >/root/failed', sh, "{{ ansible_failed_task.name }}: {{ ansible_failed_result.msg }}"]}
      always:
        - name: In any case
          command: {argv: [touch, /root/always]}
    - name: On a third host
      command: {shell: "echo {{ inventory_hostname }} {{ item }} >>/root/delegated"}
      delegate_to: bash
      loop: [one, two]
      when: inventory_hostname != 'bash'
`;

describe.skipIf(problem)(titled('the language on sshd hosts', problem), () => {
  let lab: Lab;
  let site: Site;
  beforeAll(async () => {
    lab = await startLab([...hosts, { name: 'gone', down: 'refused' }]);
    site = createSite(lab);
    site.write('templates/words.j2', template);
    site.write('state.yml', state);
    site.write('acts.yml', acts);
  });
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  const each = <T>(read: (name: string) => Promise<T>): Promise<readonly T[]> => Promise.all(up.map(read));
  const run = (text: string, ...words: readonly string[]): Promise<Report> => {
    site.write('site.yml', text);
    return site.report('run', 'site.yml', ...words);
  };
  const outcomes = (report: Report) => Object.fromEntries(report.tasks.map((task) => [task.name, task.outcomes]));

  describe('state', () => {
    let plan: Report;
    let first: Report;
    beforeAll(async () => {
      plan = await site.report('plan', 'state.yml');
      first = await site.report('run', 'state.yml');
    });

    test('is made as the plan said; what the plan could not know it named', () => {
      expect([plan.exit, first.exit]).toEqual([0, 0]);
      expect(changesOf(plan)).toEqual(changesOf(first).filter((line) => !/command|undefined/.test(line)));
      const actsOf = (report: Report) =>
        report.changes
          .filter(({ keys }) => keys.length === 0)
          .map(({ position, hosts: of }) => [position.line, of.length]);
      expect(actsOf(plan)).toEqual(actsOf(first));
      const unknown = plan.changes.filter((change) => change.unknown).map(({ position }) => position.line);
      expect(unknown, 'what a registered result decides, and a handler').toEqual([14, 31]);
    });

    test('a template comes byte for byte', async () => {
      await each(async (name) => {
        expect(await lab.host(name).read('/srv/state/u/words')).toBe(rendered(name));
        expect(await lab.host(name).sh("stat -c '%a' /srv/state/u/words '/srv/state/b c'")).toBe('640\n750');
      });
    });

    test('a registered change decides, a handler is told at the end, lines have their values', async () => {
      await each(async (name) => {
        expect(await lab.host(name).read('/srv/state/log')).toBe('new\ntold\n');
        expect(await lab.host(name).read('/srv/state/a/conf')).toBe(`LIMIT=120\nSHELL=${name}\n`);
      });
    });

    test('a second run changes nothing and costs one connection and one ask a host', async () => {
      await Promise.all(lab.hosts.map(forget));
      const second = await site.report('run', 'state.yml');
      expect([second.exit, second.recap.changed, second.changes]).toEqual([0, 0, []]);
      await each(async (name) =>
        expect(await recorded(lab.host(name)), name).toEqual({ connections: 1, sessions: ['forced'], flights: [1] }),
      );
      expect((await site.perfplay('run', 'state.yml', '--expect-no-changes')).exitCode).toBe(0);
    });
  });

  describe('acts', () => {
    let plan: Report;
    let report: Report;
    beforeAll(async () => {
      plan = await site.report('plan', 'acts.yml');
      report = await site.report('run', 'acts.yml');
    });

    test('end as they should, and the plan says which must have run first', () => {
      expect(report.exit, JSON.stringify(report.failures)).toBe(0);
      expect(report.failures.map(({ message, hosts: of }) => [message, of.length])).toEqual([
        [expect.stringMatching(/somaxconn.*Invalid argument.*EINVAL/), 3],
      ]);
      const waits = plan.changes.flatMap(({ position, waits_for: task }) => (task ? [[position.line, task]] : []));
      expect(waits).toEqual([[21, 'Once']]);
      expect(plan.changes.filter(({ unknown }) => !unknown).map(({ keys }) => keys)).toEqual([
        ['sysctl/net.core.somaxconn'],
      ]);
    });

    test('until, timeout', async () => {
      expect(outcomes(report)['Tried until it holds']).toMatchObject({ changed: 3, failed: 0 });
      expect(outcomes(report)['Killed']).toMatchObject({ failed: 0 });
      await each(async (name) => {
        expect(await lab.host(name).sh('wc -l </root/tries')).toBe('3');
        const running = 'for file in /proc/[0-9]*/cmdline; do tr "\\0" " " <$file; echo; done';
        expect(await lab.host(name).sh(running)).not.toMatch(/^sleep 7777/m);
      });
    });

    test('what is done once is done on the first host, and known to all; an environment arrives as it is', async () => {
      const once = await each((name) => lab.host(name).sh('cat /root/once 2>/dev/null || :'));
      expect(once).toEqual(['dash', '', '']);
      await each(async (name) => expect(await lab.host(name).read('/root/environment')).toBe("ä 'b' $c 3 dash"));
    });

    test('a refused write is made good', async () => {
      await each(async (name) => {
        const host = lab.host(name);
        expect(await host.read('/root/failed')).toMatch(/^Refused: sysctl\/net\.core\.somaxconn.*EINVAL/);
        expect(await host.read('/proc/sys/net/core/somaxconn')).toBe('2048\n');
        expect(await host.sh('ls /root')).toMatch(/always/);
        expect(await host.sh('ls /root')).not.toMatch(/not-done/);
        expect(report.hosts.find((one) => one.host === name)?.recap).toMatchObject({ failed: 0, rescued: 1 });
      });
    });

    test('what is done on a third host is done there, one after the other, and counted where it was asked for', async () => {
      const lines = (await lab.host('bash').read('/root/delegated')).trim().split('\n');
      expect(lines.toSorted()).toEqual(['ash one', 'ash two', 'dash one', 'dash two']);
      for (const name of ['ash', 'dash'])
        expect(lines.indexOf(`${name} two`) - lines.indexOf(`${name} one`), name).toBe(1);
      expect(outcomes(report)['On a third host']).toMatchObject({ changed: 4 });
    });
  });

  describe('hosts that fail', () => {
    test('any_errors_fatal: one failure ends the run for all', async () => {
      const fatal = `- name: First
  hosts: up
  become: true
  any_errors_fatal: true
  tasks:
    - command: {argv: ["false"]}
      when: inventory_hostname == 'ash'
    - wait_for: {path: /root/never, timeout: 60}
    - command: {argv: [touch, /root/after-fatal]}
- name: Second
  hosts: up
  become: true
  tasks:
    - command: {argv: [touch, /root/after-fatal]}
`;
      const started = Date.now();
      const report = await run(fatal);
      expect(Date.now() - started).toBeLessThan(15_000);
      expect([report.exit, statusOf(report, 'ash'), report.stopped]).toEqual([
        2,
        'failed',
        expect.stringMatching(/ash/),
      ]);
      await each(async (name) => expect(await lab.host(name).sh('ls /root')).not.toContain('after-fatal'));
    });

    test('timeout: what ran too long has failed, in the same words everywhere', async () => {
      const report = await run(`- name: Trial
  hosts: up
  become: true
  tasks:
    - command: {argv: [sleep, "60"]}
      timeout: 0.5
`);
      expect(report.failures.flatMap(({ hosts: of }) => of).toSorted()).toEqual(up.toSorted());
      // A shell may say below that it was terminated.
      for (const { message } of report.failures)
        expect(message.split('\n')[0]).toBe('ended after its timeout of 0.5 s');
    });

    test('ignore_unreachable: the host is tried again with the next task, and the others go on', async () => {
      const play = (ignore: boolean): string => `- name: Trial
  hosts: dash:gone
  become: true
  tasks:
    - name: First
      command: {argv: [touch, /root/first]}
      ignore_unreachable: ${ignore}
    - name: Then
      debug: {msg: "{{ inventory_hostname }}"}
      ignore_unreachable: ${ignore}
`;
      const ignored = await run(play(true));
      expect([ignored.exit, statusOf(ignored, 'gone')]).toEqual([0, 'ok']);
      expect(ignored.failures.map(({ ignored: isIgnored, message }) => [isIgnored, message])).toEqual([
        [true, expect.stringMatching(/ECONNREFUSED/)],
        [true, expect.stringMatching(/ECONNREFUSED/)],
      ]);
      const lost = await run(play(false));
      expect([lost.exit, statusOf(lost, 'gone'), statusOf(lost, 'dash')]).toEqual([4, 'unreachable', 'changed']);
    });
  });
});
