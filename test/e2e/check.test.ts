import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLab, type Lab } from '../lab/hosts.ts';
import { computeNode } from '../lab/trees.ts';
import { createSite, e2eProblem, titled, type Site } from './perfplay.ts';

const problem = e2eProblem ?? (existsSync('/usr/bin/strace') ? undefined : 'needs strace');
const trace = '/var/lib/lab/trace';
/** Every session runs under strace, which writes down each call that names a file. */
const sshd = [
  `ForceCommand exec strace -A -f -qq -s 4096 -e trace=%file,fchmod,fchown,ftruncate -o ${trace} -- $SHELL -c "$SSH_ORIGINAL_COMMAND"`,
];

/** Changes something about files without opening one. */
const changing =
  /^(unlink|rename|mkdir|rmdir|link|symlink|mknod|chmod|fchmod|chown|fchown|lchown|truncate|ftruncate|utime|setxattr|lsetxattr|removexattr|mount|umount|creat)/;

/** What may be opened: the sink, the terminal that bash looks for when it starts, and the record that the lab's stubs keep. */
const harmless = new Set(['/dev/null', '/dev/tty', '/var/lib/lab/calls']);

/** Calls of a trace that could change a file, as `call path`. */
const writes = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => {
    const [, call = '', words = ''] = /^\d+ +(\w+)\((.*)/.exec(line) ?? [];
    const opens = call.startsWith('open') && /O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)/.test(words);
    const file = /"((?:[^"\\]|\\.)*)"/.exec(words)?.[1] ?? words;
    return (opens || changing.test(call)) && !harmless.has(file) ? [`${call} ${file}`] : [];
  });

const playbook = `- name: All of it
  hosts: all
  tasks:
    - cpufreq: {governor: performance}
    - kernel_cmdline: {present: [intel_idle.max_cstate=1]}
    - block_queue: {devices: {name: "sd*"}, scheduler: noop}
    - irq_affinity: {devices: {nic: "ens*"}, irqbalance: stop}
    - qemu_kvm: {vhost_net: on}
    - ksm: {run: off, owners: stop}
    - sysctl: {values: {vm.swappiness: 1}}
      notify: Tell
    - service: {name: irqbalance, state: stopped}
    - command: {argv: [touch, /root/made], creates: /root/made}
    - command: {argv: [touch, /root/unguarded]}
  handlers:
    - name: Tell
      command: {argv: [touch, /root/told]}
`;

describe.skipIf(problem)(titled('a check', problem), () => {
  let lab: Lab;
  let site: Site;
  beforeAll(async () => {
    // As root without sudo: what sudo itself opens is no concern of perfplay's.
    const login = { user: 'root' } as const;
    lab = await startLab([
      { name: 'dash', tree: computeNode(), login, sshd },
      { name: 'bash', tree: computeNode('rhel'), shell: 'bash', login, sshd },
      { name: 'busybox', tree: computeNode(), shell: 'busybox', userland: 'busybox', login, sshd },
    ]);
    site = createSite(lab);
    site.write('site.yml', playbook);
  });
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  test.each(['dash', 'bash', 'busybox'])(
    'opens no file of a host for writing but /dev/null, and runs nothing that changes it: %s',
    async (name) => {
      const host = lab.host(name);
      for (const words of [
        ['run', 'site.yml', '--check'],
        ['plan', 'site.yml'],
        ['run', 'site.yml', '--expect-no-changes'],
      ]) {
        await host.clear();
        const report = await site.report(...words, '-l', name);
        expect(report.recap).toMatchObject({ failed: 0, unreachable: 0 });
        expect(report.changes.length, 'there is something to change').toBeGreaterThan(10);
        const text = await host.read(trace);
        expect(text, 'strace saw the reads').toContain('"/sys/kernel/mm/ksm/run"');
        expect(writes(text)).toEqual([]);
        const programs = (await host.calls()).map(([program, verb = '']) => `${program} ${verb}`);
        expect(new Set(programs)).toEqual(new Set(['systemctl show']));
      }
      expect(await host.sh('ls -A /root /var/lib/perfplay 2>/dev/null || :')).not.toMatch(/made|told|journal/);
    },
  );

  test('the same eyes see the writes of a run', async () => {
    const host = lab.host('dash');
    await site.report('run', 'site.yml', '-l', 'dash');
    const seen = writes(await host.read(trace)).join('\n');
    for (const path of [
      /^openat \/sys\/kernel\/mm\/ksm\/run$/m,
      /^openat \/var\/lib\/perfplay\/journal\/.*json$/m,
      /^rename\w* \S*\/etc\/sysctl\.d\/\.perfplay/m,
      /^openat \/root\/made$/m,
    ])
      expect(seen).toMatch(path);
  });
});
