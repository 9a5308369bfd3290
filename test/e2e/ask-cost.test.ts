import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLab, type Lab } from '../lab/hosts.ts';
import { largeNode } from '../lab/large.ts';
import { brokerNode, computeNode } from '../lab/trees.ts';
import { createSite, e2eProblem, titled, type Site } from './perfplay.ts';

const problem = e2eProblem ?? (existsSync('/usr/bin/strace') ? undefined : 'needs strace');
const root = path.join(import.meta.dirname, '../..');
const trace = '/var/lib/lab/trace';
const sshd = [
  `ForceCommand unset SSH_ORIGINAL_COMMAND; exec strace -ff -qq -s 200 -e trace=execve,clone,clone3,fork,vfork -o ${trace} /bin/sh`,
];

/** The shell's own forks and those of its subshells, and what these became: what a program starts is its own affair. */
const costOf = (calls: ReadonlyMap<string, string>) => {
  const walk = (pid: string, isShell: boolean): { readonly forks: number; readonly programs: readonly string[] } => {
    const [own = '', became] = isShell ? [calls.get(pid)] : `\n${calls.get(pid) ?? ''}`.split(/^(?=execve\(.* = 0$)/m);
    const children = [...own.matchAll(/^(?:clone3?|v?fork)\(.* = (\d+)$/gm)].map(([, child]) => walk(child!, false));
    return {
      forks: children.reduce((sum, { forks }) => sum + forks, children.length),
      programs: [
        ...(became === undefined ? [] : [path.basename(/"([^"]+)"/.exec(became)![1]!)]),
        ...children.flatMap(({ programs }) => programs),
      ],
    };
  };
  const [shell = ''] = [...calls.keys()].toSorted((left, right) => Number(left) - Number(right));
  return walk(shell, true);
};

/** Programs that have no file to read instead. */
const asked = ['cat', 'ls', 'systemctl', 'systemd-detect-virt', 'uname'];

describe.skipIf(problem)(titled('what one question about all of site.yml costs a host', problem), () => {
  let lab: Lab;
  let site: Site;
  beforeAll(async () => {
    const host = { login: { user: 'root' }, tree: computeNode(), groups: ['kvm'], sshd } as const;
    lab = await startLab([
      { ...host, name: 'dash' },
      { ...host, name: 'bash', shell: 'bash' },
      { ...host, name: 'busybox', shell: 'busybox' },
      { ...host, name: 'mksh', shell: 'mksh', tree: brokerNode(), groups: ['brokers'] },
    ]);
    site = createSite(lab);
  });
  afterAll(async () => {
    site?.remove();
    await lab?.stop();
  });

  test.each(['dash', 'bash', 'busybox', 'mksh'])('%s: each program once, and no process beside them', async (name) => {
    const variables = `@${path.join(root, 'inventories/group_vars/all.yml')}`;
    const { recap } = await site.report('plan', path.join(root, 'playbooks/site.yml'), '-l', name, '-e', variables);
    expect(recap).toMatchObject({ failed: 0, unreachable: 0 });
    const text = await lab.host(name).sh(`for file in ${trace}.*; do echo "== $file"; cat "$file"; done`);
    const calls = [...text.matchAll(/^== .*\.(\d+)\n((?:(?!== ).*\n?)*)/gm)].map(([, pid, of]) => [pid!, of!] as const);
    const { forks, programs } = costOf(new Map(calls));
    // mksh has no printf of its own, which puts NUL between names.
    const once = name === 'mksh' ? [...asked, 'printf'] : asked;
    expect(programs).toEqual(expect.arrayContaining(['cat', 'ls']));
    expect(programs.toSorted()).toEqual(once.filter((one) => programs.includes(one)).toSorted());
    expect(forks).toBe(programs.length);
  });
});

describe.skipIf(e2eProblem)(titled('a host with 256 CPUs and 2,000 interrupts'), () => {
  const answer = '/var/lib/lab/answer';

  test('answers all of site.yml in one ask, under 1 MB', async () => {
    const heard = [`ForceCommand unset SSH_ORIGINAL_COMMAND; /bin/sh | tee ${answer}`];
    const lab = await startLab([
      { name: 'large', login: { user: 'root' }, tree: largeNode(), groups: ['kvm'], sshd: heard },
      { name: 'broker', login: { user: 'root' }, tree: brokerNode(), groups: ['brokers'] },
    ]);
    const site = createSite(lab);
    try {
      const variables = `@${path.join(root, 'inventories/group_vars/all.yml')}`;
      const { recap } = await site.report(
        'plan',
        path.join(root, 'playbooks/site.yml'),
        '-l',
        'large',
        '-e',
        variables,
      );
      expect(recap).toMatchObject({ failed: 0, unreachable: 0 });
      const said = await lab.host('large').sh(`grep -ac '^[0-9a-f]* end [0-9]*$' ${answer}; wc -c <${answer}`);
      const [asks, bytes] = said.trim().split('\n').map(Number);
      expect(asks).toBe(1);
      // All interrupts are in it.
      expect(bytes).toBeGreaterThan(2000 * 100);
      expect(bytes).toBeLessThan(1_000_000);
    } finally {
      site.remove();
      await lab.stop();
    }
  });
});
