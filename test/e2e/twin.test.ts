import { execFileSync } from 'node:child_process';
import { cpSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { startLab, type Lab } from '../lab/hosts.ts';
import type { HostSpec } from '../lab/spec.ts';
import { createSite, e2eProblem, titled, type Site } from './perfplay.ts';

// One site, run by Ansible on three hosts and by perfplay on their twins: the same files, the same counts.

const hasAnsible = (): boolean => {
  try {
    execFileSync('ansible-playbook', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const problem = e2eProblem ?? (hasAnsible() ? undefined : 'needs ansible-core (.ci/run installs it)');

const names = ['web1', 'web2', 'db1'] as const;
const engines = ['perfplay', 'ansible'] as const;
type Engine = (typeof engines)[number];
const source = path.join(import.meta.dirname, 'twin/site');

const specs: readonly HostSpec[] = engines.flatMap((engine) =>
  names.map((name): HostSpec => ({ name: `${engine}-${name}`, login: { sudo: 'nopasswd' } })),
);

/** The lab's inventory with the hosts of one engine under their common names. */
const inventoryOf = (lab: Lab, engine: Engine): string => {
  const { all } = parse(lab.inventory()) as {
    all: { vars: Record<string, unknown>; hosts: Record<string, Record<string, unknown>> };
  };
  const host = (name: string) => [name, all.hosts[`${engine}-${name}`]] as const;
  return stringify({
    all: {
      vars: { ...all.vars, ansible_python_interpreter: '/usr/bin/python3' },
      children: {
        web: { hosts: Object.fromEntries([host('web1'), host('web2')]) },
        db: { hosts: Object.fromEntries([host('db1')]) },
      },
    },
  });
};

const inspect = `cd /srv/twin && find . -printf '%p %y %m %u:%g\\n' | sort &&
  find . -type f | sort | while read -r file; do echo "== $file"; cat "$file"; done`;

/** `web1 : ok=3 changed=1 …` by host. */
const recapOf = (output: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...output.matchAll(/^(\w+) +: (ok=.*?ignored=\d+)/gm)].map(([, host = '', counts = '']) => [
      host,
      counts.replaceAll(/ +/g, ' '),
    ]),
  );

describe.skipIf(problem !== undefined)(titled('a site that Ansible reads too', problem), () => {
  let lab: Lab;
  let site: Site;
  beforeAll(async () => {
    lab = await startLab(specs);
    site = createSite(lab);
    for (const engine of engines) {
      cpSync(source, path.join(site.folder, engine), { recursive: true });
      const tasks = path.join(site.folder, engine, 'roles/edits/tasks');
      renameSync(path.join(tasks, `${engine}.yml`), path.join(tasks, 'main.yml'));
      for (const other of engines) rmSync(path.join(tasks, `${other}.yml`), { force: true });
      site.write(`${engine}/hosts.yml`, inventoryOf(lab, engine));
    }
  }, 60_000);
  afterAll(async () => {
    await lab?.stop();
    site?.remove();
  });

  const ansible = async (...words: readonly string[]) => {
    const { exitCode, stdout, stderr } = await execa('ansible-playbook', ['-i', 'hosts.yml', 'site.yml', ...words], {
      cwd: path.join(site.folder, 'ansible'),
      reject: false,
      env: {
        ANSIBLE_NOCOLOR: '1',
        ANSIBLE_LOCALHOST_WARNING: 'false',
        ANSIBLE_PIPELINING: '1',
      },
    });
    return { exitCode, output: `${stdout}\n${stderr}` };
  };
  const perfplay = async (...words: readonly string[]) => {
    const { exitCode, stdout, stderr } = await site.perfplay(
      'run', 'perfplay/site.yml', '-i', 'perfplay/hosts.yml', '--output', 'plain', ...words,
    ); // prettier-ignore
    return { exitCode, output: `${stdout}\n${stderr}` };
  };
  const both = async (...words: readonly string[]) => {
    const [theirs, ours] = await Promise.all([ansible(...words), perfplay(...words)]);
    expect(ours.exitCode, `${theirs.output}\n${ours.output}`).toBe(theirs.exitCode);
    return { theirs, ours };
  };
  const same = async (): Promise<void> => {
    for (const name of names) {
      const ours = await lab.host(`perfplay-${name}`).sh(inspect);
      expect(ours).toBe(await lab.host(`ansible-${name}`).sh(inspect));
      expect(ours).toContain('== ./conf/who');
    }
  };

  it('has the same end, byte for byte, and the same counts', async () => {
    const { theirs, ours } = await both();
    expect(theirs.exitCode, theirs.output).toBe(0);
    await same();
    expect(recapOf(ours.output)).toEqual(recapOf(theirs.output));
  }, 300_000);

  it('does the same with tags and a limit', async () => {
    const { theirs, ours } = await both('--tags', 'app,dangerous', '--limit', 'web');
    await same();
    expect(recapOf(ours.output)).toEqual(recapOf(theirs.output));
  }, 300_000);
});
