import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import kernelCmdline from '../../../modules/kernel_cmdline/index.ts';
import { runTasks, type LocalHost } from '../local-host.ts';
import { families, hostOf, image } from './kernel-arg-hosts.ts';

const wanted = {
  module: kernelCmdline,
  params: { present: ['intel_idle.max_cstate=1', 'hugepagesz=2M', 'hugepages=64', 'isolcpus=3'], absent: ['quiet'] },
};
const absent = { ...wanted, more: { absent: true } };
const keys = ['intel_idle.max_cstate', 'hugepages', 'isolcpus', 'quiet'].map((name) => `kernel_cmdline/${name}`);

/** The words of a line that the task is about, in their order. */
const concerned = (line: string): readonly string[] =>
  line.split(/\s+/).filter((word) => /^(intel_idle|hugepages|isolcpus|quiet)/.test(word));
const others = (line: string): readonly string[] =>
  line.split(/\s+/).filter((word) => word !== '' && !concerned(word).includes(word));

describe.each(families)('the kernel line of $name', (family) => {
  let host: LocalHost;
  beforeEach(() => {
    host = hostOf(family);
  });
  afterEach(() => host.dispose());

  const boot = (): void => host.write('/proc/cmdline', `${family.nextLine(host)}\n`);
  const apply = async () => (await runTasks(host, [wanted])).tasks[0];

  it('is kept for the next boot, once, and nobody else’s words are lost', async () => {
    const before = family.nextLine(host);
    const first = await apply();
    expect(first).toMatchObject({ outcome: 'changed', pending: ['reboot'] });
    expect(first?.changes.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    expect(concerned(family.nextLine(host))).toEqual([
      'intel_idle.max_cstate=1',
      'hugepagesz=2M',
      'hugepages=64',
      'isolcpus=3',
    ]);
    expect(others(family.nextLine(host))).toEqual(others(before));

    const kept = image(host);
    const second = await runTasks(host, [wanted]);
    expect(second.tasks).toMatchObject([{ outcome: 'ok', pending: ['reboot'], changes: [] }]);
    expect(second.asks).toBe(1);
    expect(image(host)).toEqual(kept);

    boot();
    expect(await apply()).toMatchObject({ outcome: 'ok', pending: [], changes: [] });
  });

  it('writes nothing in check', async () => {
    const before = image(host);
    const { tasks } = await runTasks(host, [wanted], { check: true });
    expect(tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(image(host)).toEqual(before);
  });

  it('is seen and mended wherever somebody changes it', async () => {
    await apply();
    boot();
    for (const { path, change } of family.perturbations) {
      const text = host.read(path)!;
      expect(change(text), path).not.toBe(text);
      host.write(path, change(text));
      const { tasks } = await runTasks(host, [wanted], { check: true });
      expect(
        tasks[0]?.changes.map(({ key }) => key),
        path,
      ).toEqual(['kernel_cmdline/isolcpus']);
      expect(await apply(), path).toMatchObject({ outcome: 'changed' });
      expect(await apply(), path).toMatchObject({ outcome: 'ok', changes: [] });
      // A place that is mended has the same words, if not in the same order.
      expect(
        host
          .read(path)!
          .split(/[\s"'#]+/)
          .toSorted(),
        path,
      ).toEqual(text.split(/[\s"'#]+/).toSorted());
    }
  });

  it('comes back to what it was', async () => {
    const before = image(host);
    const line = family.nextLine(host);
    await apply();
    boot();
    const removed = await runTasks(host, [absent]);
    expect(removed.tasks).toMatchObject([{ outcome: 'changed', pending: ['reboot'] }]);
    if (family.program === 'rpm-ostree') {
      // Words that stood in the middle come back at the end: rpm-ostree knows no other place.
      expect(family.nextLine(host).split(' ').toSorted()).toEqual(line.split(' ').toSorted());
      expect(host.read('/etc/perfplay/kernel-arguments')).toBeUndefined();
    } else if (family.program === 'grub2-mkconfig') {
      const menu = '/boot/grub2/grub.cfg'.slice(1);
      const withoutMenu = (files: ReadonlyMap<string, string>) => [...files].filter(([name]) => name !== menu);
      expect(withoutMenu(image(host))).toEqual(withoutMenu(before));
      expect(concerned(family.nextLine(host))).toEqual(concerned(line));
    } else expect(image(host)).toEqual(before);
    boot();
    expect((await runTasks(host, [absent])).tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);
  });

  it('comes back argument by argument, with the value that stood there before', async () => {
    const before = image(host);
    await apply();
    const one = { module: kernelCmdline, params: { present: ['intel_idle.max_cstate=1'] }, more: { absent: true } };
    const was = concerned(family.files['/deployment'] ?? host.read('/proc/cmdline')!).filter((word) =>
      word.startsWith('intel'),
    );
    await runTasks(host, [one]);
    expect(concerned(family.nextLine(host)).filter((word) => word.startsWith('intel'))).toEqual(was);
    expect(concerned(family.nextLine(host))).toContain('isolcpus=3');
    const rest = { module: kernelCmdline, params: { ...wanted.params, present: wanted.params.present.slice(1) } };
    await runTasks(host, [{ ...rest, more: { absent: true } }]);
    if (family.program === 'grubby') expect(image(host)).toEqual(before);
    expect(host.read('/etc/perfplay/kernel-arguments')).toBeUndefined();
  });

  it('keeps what somebody else added meanwhile', async () => {
    await apply();
    const [first] = family.perturbations;
    if (family.program !== 'grub2-mkconfig')
      host.write(first!.path, host.read(first!.path)!.replace(' isolcpus=3', ' isolcpus=3 somebody=1'));
    else
      host.write('/etc/default/grub', host.read('/etc/default/grub')!.replace(/isolcpus=3/, 'isolcpus=3 somebody=1'));
    await runTasks(host, [absent]);
    const file = family.program === 'grub2-mkconfig' ? '/etc/default/grub' : first!.path;
    expect(host.read(file)).toMatch(/\bsomebody=1\b/);
    expect(host.read(file)).not.toMatch(/isolcpus|hugepages/);
    expect(host.read(file)).toMatch(/quiet/);
  });

  it.each(['fails', 'dies'])('is the old one where the program %s, and says so', async (how) => {
    const before = image(host);
    const line = family.nextLine(host);
    host.write(`/${family.program}-${how}`, '');
    const task = await apply();
    expect(task).toMatchObject({ outcome: 'failed', reason: 'error' });
    expect(family.nextLine(host)).toBe(line);
    const own = 'etc/perfplay/kernel-arguments';
    const left = [...image(host)].filter(([name]) => name !== own && !name.endsWith('.new'));
    expect(left).toEqual([...before]);
    host.remove(`/${family.program}-${how}`);
    expect(await apply()).toMatchObject({ outcome: 'changed' });
    boot();
    expect(await apply()).toMatchObject({ outcome: 'ok', pending: [] });
    await runTasks(host, [absent]);
    if (family.program === 'grubby') expect(image(host)).toEqual(before);
  });

  it('leaves alone what is not of this system', async () => {
    const read = (): readonly (string | undefined)[] => (family.untouched ?? []).map((file) => host.read(file));
    const before = read();
    await apply();
    expect(read()).toEqual(before);
  });
});
