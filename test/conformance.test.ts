import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modules } from '../modules/registry.ts';
import { setsNothing, examplesOf, exampleFile } from './conformance/examples.ts';
import { createLabHost, type LabHost } from './conformance/lab-host.ts';
import { properties, removesWhatItKept } from './conformance/properties.ts';
import { runLabSite, type SiteRun } from './conformance/lab-site.ts';
import { appliesItsPlan, takesBack } from './conformance/takes-back.ts';
import type { Subject } from './conformance/subject.ts';

// Every module through the real engine and the real remote shell, on hosts of the simulated lab. The kernel there is the lab's own
// program, and knows nothing of the engine. Hosts side by side, the properties of each one after the other.
const shown = [...modules.values()].filter(({ kind }) => !setsNothing.has(kind));
describe.concurrent.each(shown)('$kind', (module) => {
  const examples = examplesOf(module);

  it('has examples for the lab', () => {
    expect(examples, `${exampleFile(module.kind)} is missing or empty`).not.toEqual([]);
  });

  describe.concurrent.each(examples)('$name ($host)', (example) => {
    let host: LabHost;
    beforeAll(async () => {
      host = await createLabHost(example.host);
    });
    afterAll(() => host.remove());
    const subject = (): Subject => ({ host, module, example });

    it.sequential.each(properties)('%s', (_, property) => property(subject()));
    it.sequential('is as it was after a rollback', () => takesBack(subject()));
    it.sequential('is after a plan that was applied as after a run', () => appliesItsPlan(subject()));
    if (module.removable) it.sequential('removes what it kept', () => removesWhatItKept(subject()));
  });
});

describe('playbooks/site.yml on the lab', () => {
  const names = ['kvm01', 'kvm02', 'kvm03', 'rp01', 'rp02', 'rp03'];
  let hosts: readonly LabHost[];
  beforeAll(async () => {
    hosts = await Promise.all(names.map((name) => createLabHost(name)));
  });
  afterAll(() => Promise.all(hosts.map((host) => host.remove())));

  const statuses = ({ summary }: SiteRun) =>
    Object.fromEntries(summary.hosts.map(({ host, status, message }) => [host, message ?? status]));
  const expected = (changed: string, down: string) => ({
    ...Object.fromEntries(names.map((name) => [name, name === 'rp03' ? 'ok' : changed])),
    kvm04: down,
  });
  const down = 'nobody listens';

  it('changes every host but the one that is already fine, then none, and nothing waits after a boot', async () => {
    const planned = await runLabSite(hosts, 'plan');
    expect(statuses(planned)).toEqual(expected('changed', down));
    const first = await runLabSite(hosts, 'run');
    expect(statuses(first)).toEqual(expected('changed', down));
    const changed = ({ tasks }: SiteRun) =>
      tasks.flatMap(({ host, task, outcome }) => (outcome === 'changed' ? [`${host} ${task}`] : [])).sort();
    expect(changed(first)).toEqual(changed(planned));

    const second = await runLabSite(hosts, 'run');
    expect(statuses(second)).toEqual(expected('ok', down));
    expect(changed(second)).toEqual([]);
    expect(second.summary.asks).toBe(names.length);
    const waiting = second.summary.hosts.filter(({ recap }) => recap.pending.length > 0).map(({ host }) => host);
    expect(waiting.sort()).toEqual(['kvm01', 'kvm02', 'kvm03', 'rp01', 'rp02']);

    await Promise.all(hosts.map((host) => host.reboot()));
    const third = await runLabSite(hosts, 'plan');
    expect(statuses(third)).toEqual(expected('ok', down));
    expect(third.tasks.flatMap(({ pending }) => pending)).toEqual([]);
  });
});
