import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { modules } from '../modules/registry.ts';
import type { AnyModule } from '../src/contract/module.ts';
import { valueOf } from '../src/contract/reads.ts';
import { isSetting, type Setting, type Step } from '../src/contract/steps.ts';
import { examplesOf, type Example } from './conformance/examples.ts';
import { differing } from './conformance/image.ts';
import { createLabHost, type LabHost, type Sabotage } from './conformance/lab-host.ts';
import {
  bearsAbsentAndDenied,
  checkChangesNothing,
  converges,
  isDeterministic,
  isWellFormed,
  namesWhatWasPerturbed,
  removesWhatItKept,
  survivesBoot,
  type Property,
} from './conformance/properties.ts';
import {
  cutAt,
  replaceKernel,
  withEachAsk,
  withoutLookingAgain,
  withoutOps,
  withoutReadBack,
} from './conformance/sabotage.ts';
import { takesBack } from './conformance/takes-back.ts';
import { run, type Subject } from './conformance/subject.ts';

// Tests of the tests: each property of the conformance suite is shown something that is broken, and must reject it. That the same
// examples pass when nothing is broken is what test/conformance.test.ts shows.

const opened: LabHost[] = [];
afterAll(() => Promise.all(opened.map((host) => host.remove())));

const subjectOf = async (kind: string, sabotage: Sabotage = {}, example: Partial<Example> = {}): Promise<Subject> => {
  const module = modules.get(kind)!;
  const chosen = { ...examplesOf(module)[0]!, ...example };
  const host = await createLabHost(chosen.host, sabotage);
  opened.push(host);
  return { host, module, example: chosen };
};

const expectCaught = (property: Property, subject: Subject) =>
  expect(property(subject)).rejects.toMatchObject({ name: 'AssertionError' });

/** Of each host, or run, its own: the boot's id, the lock, kept answers. */
const isPrivate = (name: string): boolean =>
  name === '/proc/sys/kernel/random/boot_id' || /^\/run\/perfplay(?:\/(?:lock$|batch\.)|$)/.test(name);

/** Where the line begins that has the batch run. */
const callIn = (batch: Buffer): number => batch.lastIndexOf('\npp_once ') + 1;

const sysctl = { host: 'rp01', params: { values: { 'vm.swappiness': 1, 'fs.aio-max-nr': 1_048_576 } } };

describe.concurrent('a kernel that does not do as told', () => {
  it('clamps: the run fails with what was read back', async () => {
    const subject = await subjectOf('sysctl', {}, sysctl);
    await replaceKernel(subject.host, 'if [ "$2" -gt 1000 ]; then exec "$real" "$1" 1000; else exec "$real" "$@"; fi');
    const { task } = await run(subject);
    expect(task).toMatchObject({ outcome: 'failed', reason: 'ineffective' });
    expect(task?.message).toBe('sysctl/fs.aio-max-nr: wrote 1048576, read back 1000');
    await expectCaught(converges, subject);
  });

  it('ignores: the same', async () => {
    const subject = await subjectOf('cpufreq');
    await replaceKernel(subject.host, 'exit 0');
    expect((await run(subject)).task).toMatchObject({ outcome: 'failed', reason: 'ineffective' });
    await expectCaught(converges, subject);
  });

  it('clamps, and nothing is read back: the run is content, the property is not', async () => {
    const subject = await subjectOf('sysctl', withoutReadBack(), sysctl);
    await replaceKernel(subject.host, 'if [ "$2" -gt 1000 ]; then exec "$real" "$1" 1000; else exec "$real" "$@"; fi');
    expect((await run(subject)).task).toMatchObject({ outcome: 'changed' });
    await expectCaught(converges, subject);
  });
});

describe.concurrent('an engine that does not look', () => {
  it('believes what it saw: it converges, and never sees what somebody changes', async () => {
    await converges(await subjectOf('sysctl', withoutLookingAgain()));
    await expectCaught(namesWhatWasPerturbed, await subjectOf('sysctl', withoutLookingAgain()));
  });
});

describe.concurrent('a store that does not write', () => {
  it.each([
    ['sysctl.d', 'sysctl', 0],
    ['udev', 'block_queue', 0],
    ['boot.tab', 'cpufreq', 0],
    ['tmpfiles.d', 'ksm', 2],
    ['modules-load.d', 'qemu_kvm', 2],
    ['kernel-arg', 'kernel_cmdline', 0],
  ])('%s (%s)', async (_, kind, index) => {
    const example = examplesOf(modules.get(kind)!)[index]!;
    const isStore = withoutOps((op) => op.op === 'file' || (op.op === 'function' && op.name === 'pp_grub'));
    await expectCaught(converges, await subjectOf(kind, isStore, example));
  });

  it('writes its file, and does not make the boot menu anew', async () => {
    const sabotage = withoutOps((op) => op.op === 'function' && op.name === 'pp_grub');
    await expectCaught(converges, await subjectOf('kernel_cmdline', sabotage));
  });

  it('writes its file, and does not enable its unit', async () => {
    const sabotage = withoutOps((op) => op.op === 'program' && op.argv[1] === 'enable');
    await expectCaught(converges, await subjectOf('cpufreq', sabotage));
  });

  it('does not take its file away again', async () => {
    await expectCaught(
      removesWhatItKept,
      await subjectOf(
        'sysctl',
        withoutOps((op) => op.op === 'remove'),
      ),
    );
  });
});

describe.concurrent('a rollback', () => {
  it('that leaves one file', async () => {
    const kept = withoutOps((op) => op.op === 'remove' && op.path.endsWith('zz-perfplay.conf'));
    await expectCaught(takesBack, await subjectOf('sysctl', kept, sysctl));
  });

  it('that leaves one running value', async () => {
    // The run writes 1.
    const kept = withoutOps((op) => op.op === 'attribute' && op.path.endsWith('swappiness') && op.value !== '1');
    await expectCaught(takesBack, await subjectOf('sysctl', kept, sysctl));
  });
});

describe.concurrent('a batch that is cut', () => {
  const lengths: Readonly<Record<string, (batch: Buffer) => number>> = {
    'after its first byte': () => 1,
    'in its half': (batch) => batch.length >> 1,
    'before it is called': callIn,
  };
  const cuts = Object.keys(lengths).flatMap((where) => (['end', 'destroy'] as const).map((how) => ({ where, how })));

  it.each(cuts)('$where ($how) does nothing, and the host is unknown', async ({ where, how }) => {
    for (const kind of ['kernel_cmdline', 'irq_affinity']) {
      const subject = await subjectOf(kind, cutAt(lengths[where]!, how));
      const { task, ended } = await run(subject);
      expect(ended).toMatchObject({ status: 'unknown', hint: expect.stringContaining('run again') });
      expect(task).toBeUndefined();
      expect(differing(subject.host.fresh, subject.host.image()).filter((name) => !isPrivate(name))).toEqual([]);
    }
  });

  it('does not converge', async () => {
    await expectCaught(converges, await subjectOf('irq_affinity', cutAt(lengths['in its half']!, 'end')));
  });

  it.each([
    ['in the first word', /^pp_on/, false],
    ['behind its token', /^pp_once \S+/, false],
    ['behind the last word', /^pp_once \S+ pp_batch/, true],
    ['before its newline', /^pp_once \S+ pp_batch <\/dev\/null/, true],
  ])('in the line that calls it, %s, does nothing or all of it', async (_, part, isDone) => {
    const whole = await subjectOf('kernel_cmdline');
    await run(whole);
    const length = (batch: Buffer): number =>
      callIn(batch) + part.exec(batch.toString('latin1', callIn(batch)))![0].length;
    const { host, ...rest } = await subjectOf('kernel_cmdline', cutAt(length, 'end'));
    expect((await run({ host, ...rest })).ended.status).toBe('unknown');
    expect(
      differing(isDone ? whole.host.image() : whole.host.fresh, host.image()).filter((name) => !isPrivate(name)),
    ).toEqual([]);
  });
});

describe.concurrent('a check that changes something', () => {
  const governor = '/sys/devices/system/cpu/cpufreq/policy0/scaling_governor';
  const fileOf = ({ host }: Subject): string => path.join(host.root, governor);

  it('a value', async () => {
    const subject: Subject = await subjectOf(
      'cpufreq',
      withEachAsk(async () => writeFileSync(fileOf(subject), 'userspace\n')),
    );
    await expectCaught(checkChangesNothing, subject);
  });

  it('nothing but the time of a write', async () => {
    const subject: Subject = await subjectOf(
      'cpufreq',
      withEachAsk(async () => utimesSync(fileOf(subject), 1, 1)),
    );
    await expectCaught(checkChangesNothing, subject);
  });

  it('calls a program that changes', async () => {
    const sabotage = withEachAsk((shell) => shell.apply([{ op: 'program', argv: ['systemctl', 'daemon-reload'] }]));
    await expectCaught(checkChangesNothing, await subjectOf('sysctl', sabotage));
  });
});

describe.concurrent('a module that', () => {
  type Plan = (want: unknown, seen: unknown) => readonly Step[];
  /** The module with another plan, made of its own. */
  const broken = async (kind: string, change: (plan: Plan) => Plan): Promise<Subject> => {
    const subject = await subjectOf(kind);
    const plan = change(subject.module.plan as Plan);
    return { ...subject, module: { ...subject.module, plan } satisfies AnyModule };
  };
  const changing =
    (change: (setting: Setting, index: number, all: readonly Step[]) => Setting) =>
    (plan: Plan): Plan =>
    (want, seen) =>
      plan(want, seen).map((step, index, all) => (isSetting(step) ? change(step, index, all) : step));
  const differs = ({ want, running }: Setting): boolean => String(valueOf(running)) !== String(want);

  it('throws where a file is missing', async () => {
    const subject = await broken('cpufreq', (plan) => (want, seen) => {
      const steps = plan(want, seen);
      if (!steps.every((step) => isSetting(step) && 'value' in step.running)) throw new TypeError('a file is missing');
      return steps;
    });
    await expect(bearsAbsentAndDenied(subject)).rejects.toThrow('a file is missing');
  });

  it('takes what it cannot read for fine', async () => {
    const subject = await broken(
      'sysctl',
      (plan) => (want, seen) => plan(want, seen).filter((step) => !isSetting(step) || 'value' in step.running),
    );
    await expectCaught(bearsAbsentAndDenied, subject);
  });

  it('changes its parameters', async () => {
    const subject = await broken('sysctl', (plan) => (want, seen) => {
      Object.assign((want as { values: object }).values, { 'vm.swappiness': 1 });
      return plan(want, seen);
    });
    await expect(isDeterministic(subject)).rejects.toThrow(/read only|not extensible/);
  });

  it('plans by chance', async () => {
    let calls = 0;
    const subject = await broken('cpufreq', (plan) => (want, seen) => {
      const steps = plan(want, seen);
      return calls++ % 2 === 0 ? steps : steps.toReversed();
    });
    await expectCaught(isDeterministic, subject);
  });

  it('uses a key that is not its own, or one twice', async () => {
    await expectCaught(
      isWellFormed,
      await broken(
        'sysctl',
        changing((one) => ({ ...one, key: `other/${one.key}` })),
      ),
    );
    await expectCaught(
      isWellFormed,
      await broken(
        'sysctl',
        changing((one) => ({ ...one, key: 'sysctl/vm.swappiness' })),
      ),
    );
  });

  it('names a store that it does not declare', async () => {
    const subject = await subjectOf('sysctl');
    await expectCaught(isWellFormed, { ...subject, module: { ...subject.module, stores: [] } });
  });

  it('keeps another value than it sets', async () => {
    const subject = await broken(
      'cpufreq',
      changing((one) => ('name' in one.persist ? { ...one, persist: { ...one.persist, value: 'powersave' } } : one)),
    );
    await converges(subject);
    await expectCaught(survivesBoot, subject);
  });

  it('sets everything anew where one thing differs', async () => {
    const subject = await broken(
      'cpufreq',
      changing((one, _, all) =>
        all.some((other) => isSetting(other) && differs(other))
          ? { ...one, running: { ...one.running, raw: '', value: '' } }
          : one,
      ),
    );
    await converges(subject);
    await expectCaught(namesWhatWasPerturbed, subject);
  });

  it('overlooks one of its settings', async () => {
    const subject = await broken(
      'cpufreq',
      changing((one, index) =>
        index === 0 && one.want !== null ? { ...one, running: { ...one.running, raw: '', value: one.want } } : one,
      ),
    );
    await expectCaught(namesWhatWasPerturbed, subject);
  });
});

describe.concurrent('the suite', () => {
  it('reads the kernel of the lab, which shares nothing with the engine', () => {
    const kernel = path.join(import.meta.dirname, '../src/lab/programs/write.sh');
    expect(existsSync(kernel)).toBe(true);
    expect(readFileSync(kernel, 'utf8')).not.toContain('pp_');
  });
});
