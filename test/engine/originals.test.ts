import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import qemuKvm from '../../modules/qemu_kvm/index.ts';
import sysctl from '../../modules/sysctl/index.ts';
import type { AnyModule } from '../../src/contract/module.ts';
import type { Value } from '../../src/inventory/types.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';

const defaults = '/etc/default/qemu-kvm';
const ledger = '/var/lib/perfplay/originals';
const text = '# of the package\nKSM_ENABLED="AUTO"   # AUTO is for metal\nKVM_HUGEPAGES="0"\nSLEEP_MILLISECS=200';

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost({ [defaults]: text, '/proc/sys/vm/swappiness': '60\n' });
});
afterEach(() => host.dispose());

const run = async (module: AnyModule, params: Value, absent = false) =>
  (await runTasks(host, [{ module, params, more: { absent } }])).tasks[0];
const kvm = (values: Value, absent = false) => run(qemuKvm, { defaults: values }, absent);

describe('what stood there before perfplay', () => {
  it('is remembered before it is replaced, and comes back byte for byte', async () => {
    await kvm({ KVM_HUGEPAGES: 1, ANOTHER: 'new' });
    expect(host.read(defaults)).toMatch(/KVM_HUGEPAGES=1\nSLEEP_MILLISECS=200\nANOTHER=new\n$/);
    expect(host.read(ledger)?.split('\n')).toHaveLength(3);
    const back = await kvm({ KVM_HUGEPAGES: 1, ANOTHER: 'new' }, true);
    expect(back).toMatchObject({
      outcome: 'changed',
      changes: [
        { key: 'qemu_kvm/KVM_HUGEPAGES', before: '1', after: '0', levels: ['boot'] },
        { key: 'qemu_kvm/ANOTHER', before: 'new', after: null, levels: ['boot'] },
      ],
      pending: ['reboot'],
    });
    expect(host.read(defaults)).toBe(text);
    expect(host.read(ledger)).toBeUndefined();
    expect(await kvm({ KVM_HUGEPAGES: 1 }, true)).toMatchObject({ outcome: 'ok', changes: [], pending: ['reboot'] });
    host.remove('/run');
    expect(await kvm({ KVM_HUGEPAGES: 1 }, true)).toMatchObject({ outcome: 'ok', pending: [] });
  });

  it('is what was there the first time, however often perfplay wrote since', async () => {
    await kvm({ KVM_HUGEPAGES: 1 });
    await kvm({ KVM_HUGEPAGES: 2 });
    await kvm({ KVM_HUGEPAGES: 2 }, true);
    expect(host.read(defaults)).toBe(text);
  });

  it('does not come back over what somebody wrote later', async () => {
    await kvm({ KVM_HUGEPAGES: 1 });
    const theirs = host.read(defaults)!.replace('KVM_HUGEPAGES=1', 'KVM_HUGEPAGES=7');
    host.write(defaults, theirs);
    expect(await kvm({ KVM_HUGEPAGES: 1 }, true)).toMatchObject({
      outcome: 'ok',
      warnings: [expect.stringContaining('changed by somebody after perfplay')],
    });
    expect(host.read(defaults)).toBe(theirs);
    expect(host.read(ledger)).toBeUndefined();
  });

  it('comes back beside other lines that stay', async () => {
    await kvm({ KVM_HUGEPAGES: 1, SLEEP_MILLISECS: 50 });
    await kvm({ KVM_HUGEPAGES: 1 }, true);
    expect(host.read(defaults)).toBe(text.replace('SLEEP_MILLISECS=200', 'SLEEP_MILLISECS=50').replace('"0"', '0'));
    await kvm({ SLEEP_MILLISECS: 50 }, true);
    expect(host.read(defaults)).toBe(text.replace('"0"', '0'));
  });

  it('is nothing where it was as it should be already', async () => {
    await kvm({ KVM_HUGEPAGES: 0 });
    expect(await kvm({ KVM_HUGEPAGES: 0 }, true)).toMatchObject({ outcome: 'ok', changes: [], pending: [] });
    expect(host.read(defaults)).toBe(text);
  });

  it('is read by root alone', async () => {
    await kvm({ KVM_HUGEPAGES: 1 });
    host.write(ledger, 'no JSON\n');
    expect(await kvm({ KVM_HUGEPAGES: 1 }, true)).toMatchObject({ outcome: 'failed', reason: 'refused' });
  });
});

describe('what was taken out of what perfplay keeps', () => {
  const values = { values: { 'vm.swappiness': 1 } };

  it('is pending until a boot, however often it is asked for', async () => {
    await run(sysctl, values);
    expect(await run(sysctl, values, true)).toMatchObject({ outcome: 'changed', pending: ['reboot'] });
    expect(await run(sysctl, values, true)).toMatchObject({ outcome: 'ok', pending: ['reboot'] });
    host.remove('/run');
    expect(await run(sysctl, values, true)).toMatchObject({ outcome: 'ok', pending: [] });
  });

  it('is no longer pending once it is declared again', async () => {
    await run(sysctl, values);
    await run(sysctl, values, true);
    expect(await run(sysctl, values)).toMatchObject({ outcome: 'changed', pending: [] });
    expect(host.read('/run/perfplay/forgotten')).toBeUndefined();
  });
});
