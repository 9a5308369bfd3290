import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startLab, type Lab } from '../lab/hosts.ts';
import { labPassword } from '../lab/spec.ts';
import { brokerNode } from '../lab/trees.ts';
import { createSite, e2eProblem, perfplayCommand, titled, type Site } from './perfplay.ts';

const play = (tasks: readonly unknown[], handlers: readonly unknown[] = []): unknown => [
  { name: 'Trial', hosts: 'one', become: true, tasks, ...(handlers.length > 0 && { handlers }) },
];
const say = (word: string) => ({ command: { shell: `echo ${word} >>/root/said` } });

describe.skipIf(e2eProblem)(titled('tasks on sshd hosts'), () => {
  let lab: Lab;
  let site: Site;
  beforeAll(async () => {
    lab = await startLab([
      { name: 'one', tree: brokerNode() },
      { name: 'asks', login: { sudo: 'password' } },
    ]);
    site = createSite(lab);
  });
  beforeEach(async () => void (await lab.host('one').sh('rm -f /root/said')));
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  const run = (tasks: readonly unknown[], handlers: readonly unknown[] = []) => {
    site.write('site.yml', play(tasks, handlers));
    return site.report('run', 'site.yml');
  };
  /** What the commands have said, word by word. */
  const said = async (): Promise<readonly string[]> =>
    (await lab.host('one').sh('cat /root/said 2>/dev/null || :')).split('\n').filter(Boolean);

  test('a handler runs once when it is notified, after the tasks, and not on the second run', async () => {
    const tasks = [
      { sysctl: { values: { 'vm.dirty_ratio': 15 } }, notify: 'Tell' },
      { sysctl: { values: { 'vm.swappiness': 15 } }, notify: ['Tell', 'Tell more'] },
      { command: { shell: 'echo task >>/root/said', creates: '/root/said' } },
    ];
    const handlers = [
      { name: 'Nobody notifies me', ...say('never') },
      { name: 'Tell more', ...say('more') },
      { name: 'Tell', ...say('told') },
    ];
    expect((await run(tasks, handlers)).exit).toBe(0);
    expect(await said()).toEqual(['task', 'more', 'told']);
    const second = await run(tasks, handlers);
    expect([second.exit, second.recap.changed, await said()]).toEqual([0, 0, ['task', 'more', 'told']]);
  });

  test('a handler is not run in check mode, and is planned', async () => {
    site.write(
      'site.yml',
      play([{ sysctl: { values: { 'vm.dirty_ratio': 14 } }, notify: 'Tell' }], [{ name: 'Tell', ...say('told') }]),
    );
    const plan = await site.report('plan', 'site.yml');
    // The sites of the tests before have left lines that this one does not declare.
    expect(plan.tasks.map(({ name, outcomes }) => [name, outcomes.changed])).toEqual([
      ['sysctl', 1],
      ['Tell', 1],
      ['What nobody declares any more', 0],
    ]);
    expect(await said()).toEqual([]);
  });

  test('what a task registers decides of later ones, and can be used in them', async () => {
    const report = await run([
      { command: { argv: ['sh', '-c', 'echo alpha; echo beta; echo trouble >&2'] }, register: 'first' },
      { ...say('{{ first.stdout_lines[1] }}'), when: "first.rc == 0 and 'trouble' in first.stderr" },
      { ...say('never'), when: 'first is failed' },
      { sysctl: { values: { 'vm.swappiness': 15 } }, register: 'limits' },
      { ...say('unchanged'), when: 'not limits.changed' },
    ]);
    expect([report.exit, await said()]).toEqual([0, ['beta', 'unchanged']]);
    expect(report.recap).toMatchObject({ changed: 3, skipped: 1, failed: 0 });
  });

  test('facts decide, too', async () => {
    const report = await run([
      { ...say('debian'), when: "facts.os.family == 'debian'" },
      { ...say('rhel'), when: "facts.os.family == 'rhel'" },
      say('{{ facts.cpu.count }} {{ facts.kernel }}'),
    ]);
    expect([report.exit, await said()]).toEqual([0, ['debian', '8 6.1.0-21-amd64']]);
  });

  test('guards: creates, unless and onlyif; a command without one is unknown in a plan', async () => {
    const tasks = [
      { command: { shell: 'echo made >>/root/said', creates: '/root/said' } },
      { command: { shell: 'echo unless >>/root/said', unless: 'grep -q unless /root/said' } },
      { command: { shell: 'echo onlyif >>/root/said', onlyif: 'test "$(wc -l </root/said)" = 2' } },
    ];
    expect((await run(tasks)).recap.changed).toBe(3);
    expect((await run(tasks)).recap.changed).toBe(0);
    expect(await said()).toEqual(['made', 'unless', 'onlyif']);
    site.write('site.yml', play([say('more')]));
    const { changes } = await site.report('plan', 'site.yml');
    expect(changes).toMatchObject([{ unknown: true, keys: [] }]);
    expect(await said()).toHaveLength(3);
  });

  test('ignore_errors: the failure is told and counted, the run goes on and ends well', async () => {
    const report = await run([
      { command: { shell: 'echo first >>/root/said; echo no luck >&2; exit 3' }, ignore_errors: true },
      say('second'),
    ]);
    expect([report.exit, await said()]).toEqual([0, ['first', 'second']]);
    expect(report.failures).toMatchObject([{ ignored: true, message: 'exit code 3: no luck' }]);
    expect(report.recap).toMatchObject({ ok: 2, failed: 0, ignored: 1 });
  });

  test('without ignore_errors a failed command ends the host', async () => {
    const report = await run([{ command: { argv: ['sh', '-c', 'exit 3'] } }, say('second')]);
    expect([report.exit, await said()]).toEqual([2, []]);
  });

  test('a service is stopped and disabled, and started again', async () => {
    const state = () => lab.host('one').read('/var/lib/lab/units/irqbalance.service');
    const stopped = { service: { name: 'irqbalance', state: 'stopped', enabled: false } };
    expect((await run([stopped])).recap.changed).toBe(1);
    expect((await state()).trim()).toBe('loaded inactive disabled');
    expect((await run([stopped])).recap.changed).toBe(0);
    expect((await run([{ service: { name: 'irqbalance', state: 'started', enabled: true } }])).recap.changed).toBe(1);
    expect((await state()).trim()).toBe('loaded active enabled');
  });

  test('commands see what they are given and no shell in between; their input is empty', async () => {
    const report = await run([
      { command: { argv: ['sh', '-c', 'printf "%s|" "$0" "$@" >/root/said', "it's", '$(id)', '*', 'a  b'] } },
      { command: { shell: 'pwd >>/root/said; cat >>/root/said', chdir: '/usr/lib' } },
    ]);
    expect([report.exit, await said()]).toEqual([0, ["it's|$(id)|*|a  b|/usr/lib"]]);
  });

  describe('no_log', () => {
    const canary = 'Xq7-canary-9f';
    let runs = 0;
    /** Each run wants a value of its own, so that each has a change to tell of. */
    const tasks = (noLog: boolean) => [
      {
        name: 'Quiet',
        command: { argv: ['sh', '-c', `echo ${canary} >>/root/said; exit 1`] },
        no_log: noLog,
        ignore_errors: true,
      },
      {
        name: 'Limits',
        sysctl: { values: { 'kernel.pid_max': `${canary}-${++runs}` } },
        no_log: noLog,
        ignore_errors: true,
      },
    ];
    const kinds = ['plain', 'json', 'jsonl'] as const;
    const outputs = async (noLog: boolean): Promise<Readonly<Record<string, string>>> => {
      const found: Record<string, string> = {};
      for (const kind of kinds) {
        site.write('site.yml', play(tasks(noLog)));
        const { stdout, stderr } = await site.perfplay('run', 'site.yml', '--diff', '--output', kind);
        found[kind] = stdout + stderr;
      }
      site.write('site.yml', play(tasks(noLog)));
      const live = await execa(
        'script',
        ['-qec', perfplayCommand('run', 'site.yml', '-i', 'hosts.yml', '--diff'), '/dev/null'],
        {
          cwd: site.folder,
          reject: false,
          stdin: 'ignore',
        },
      );
      return { ...found, live: live.stdout };
    };

    test('hides values in every kind of output; without it they are seen', async () => {
      for (const [kind, text] of Object.entries(await outputs(false))) expect(text, kind).toContain(canary);
      for (const [kind, text] of Object.entries(await outputs(true))) {
        expect(text, kind).not.toContain(canary);
        expect(text, kind).toContain('Quiet');
      }
      expect(await said()).toHaveLength(8);
    });
  });

  test.skipIf(!existsSync('/usr/bin/script'))(
    '-K asks for the sudo password on the terminal, and shows nothing of it',
    async () => {
      const inventory = parse(lab.inventory()) as { all: { hosts: Record<string, Record<string, unknown>> } };
      delete inventory.all.hosts['asks']!['ansible_become_password'];
      site.write('asked.yml', inventory);
      /** Types only once it is asked: what is typed earlier, the terminal itself shows. */
      const ping = async (password: string) => {
        const command = perfplayCommand('ping', 'asks', '-i', 'asked.yml', '-b', '-K');
        const child = execa('script', ['-qec', command, '/dev/null'], {
          cwd: site.folder,
          reject: false,
          stdin: 'pipe',
        });
        child.stdout.on('data', (text) => {
          if (String(text).includes('BECOME password:')) child.stdin.write(`${password}\n`);
        });
        return child;
      };
      const right = await ping(labPassword);
      expect(right.stdout).toContain('BECOME password:');
      expect(right.stdout).not.toContain(labPassword);
      expect(right.exitCode).toBe(0);
    },
  );
});
