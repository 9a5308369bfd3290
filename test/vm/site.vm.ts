import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modules } from '../../modules/registry.ts';
import { titled, type Report } from '../e2e/perfplay.ts';
import { startGuest, type Guest } from '../lab/vm/guest.ts';
import { buildImage } from '../lab/vm/image.ts';
import { vmProblem } from '../lab/vm/need.ts';
import { createController, type Controller } from './controller.ts';
import { filesOf, interruptsOf, kernelOf } from './state.ts';

const playbook = readFileSync(path.join(import.meta.dirname, '../../playbooks/site.yml'), 'utf8');

interface Play {
  readonly tasks: readonly Record<string, unknown>[];
}

/** The same site with `state: absent` in every task. */
const absent = (parse(playbook) as readonly Play[]).map((play) => ({
  ...play,
  tasks: play.tasks.map((task) =>
    Object.fromEntries(
      Object.entries(task).map(([key, value]) => [
        key,
        modules.has(key) ? { ...(value as object), state: 'absent' } : value,
      ]),
    ),
  ),
}));

const failuresOf = (report: Report): readonly string[] => report.failures.map(({ message }) => message);

describe.skipIf(vmProblem)(titled('site.yml on a real guest', vmProblem), () => {
  let guest: Guest;
  let controller: Controller;
  let files: readonly string[];
  let kernel: readonly string[];
  beforeAll(async () => {
    guest = await startGuest(await buildImage(), {
      groups: ['kvm', 'brokers'],
      vars: {
        governor: 'performance',
        max_cstate: 1,
        data_disks: ['vdb', 'nvme0n1', 'sd[ab]'],
        nics: 'en*',
      },
    });
    controller = createController(guest);
    controller.write('site.yml', playbook);
    controller.write('absent.yml', absent);
    files = await filesOf(guest);
    kernel = await kernelOf(guest);
  });
  afterAll(async () => {
    controller?.remove();
    await guest?.stop();
  });

  test('its facts are those of the machine that was built', async () => {
    const { exitCode, stdout } = await controller.perfplay('facts', 'all');
    expect(exitCode).toBe(0);
    const { guest: facts } = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
    expect(facts).toMatchObject({
      os: { family: 'debian', id: 'debian', version: '12' },
      arch: 'x86_64',
      cpu: { vendor: 'GenuineIntel', count: 4, online: 4, sockets: 2, numa_nodes: 2 },
    });
    expect(facts?.['kernel']).toBe(await guest.sh('uname -r'));
    expect(facts?.['memory_bytes']).toBe(
      1024 * Number(await guest.sh("sed -n 's/^MemTotal: *\\([0-9]*\\) kB$/\\1/p' /proc/meminfo")),
    );
  });
});
