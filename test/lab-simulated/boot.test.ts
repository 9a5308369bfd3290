import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { install, type Installed } from './installed.ts';

let host: Installed;
const use = (name: string): void => {
  beforeEach(async () => {
    host = await install(name);
  });
  afterEach(() => host.remove());
};

const bootId = '/proc/sys/kernel/random/boot_id';
const cpu = '/sys/devices/system/cpu';
const parameter = '/sys/module/intel_idle/parameters/max_cstate';

describe('a fresh compute node', () => {
  use('kvm01');

  it('is as the stories tell', async () => {
    expect(await host.read('/etc/default/qemu-kvm')).toContain('VHOST_NET_ENABLED=0');
    expect(await host.read('/sys/kernel/mm/ksm/run')).toBe('1');
    expect(await host.read(`${cpu}/cpufreq/policy3/scaling_governor`)).toBe('powersave');
    expect(await host.read('/sys/block/nvme0n1/queue/scheduler')).toContain('[mq-deadline]');
    expect((await host.read('/proc/2001/cmdline')).includes('vhost=on')).toBe(true);
    expect((await host.read('/proc/2011/cmdline')).includes('vhost=on')).toBe(false);
    expect(await host.read('/var/log/boot.log')).toBe('');
  });
});

describe('the broker that is already fine', () => {
  use('rp03');

  const expectTuned = async (): Promise<void> => {
    for (const policy of [0, 1, 2, 3])
      expect(await host.read(`${cpu}/cpufreq/policy${policy}/scaling_governor`)).toBe('performance');
    for (const disk of ['nvme0n1', 'nvme1n1']) {
      expect(await host.read(`/sys/block/${disk}/queue/scheduler`)).toMatch(/^\[none\]/);
      expect(await host.read(`/sys/block/${disk}/queue/nomerges`)).toBe('2');
    }
    const interrupts = await host.read('/proc/interrupts');
    const numbers = [...interrupts.matchAll(/(\d+):.* ens1f0-TxRx-\d$/gm)].map((match) => match[1]!);
    const placed = await Promise.all(numbers.map((number) => host.read(`/proc/irq/${number}/smp_affinity_list`)));
    expect(placed).toEqual(['2', '3', '2', '3']);
    expect(await host.read(parameter)).toBe('1');
    expect(await host.read('/proc/sys/vm/swappiness')).toBe('1');
    expect(Number(await host.read('/proc/sys/fs/aio-max-nr'))).toBeGreaterThanOrEqual(1_048_576);
    expect((await host.run('systemctl', 'is-active', 'perfplay-boot')).stdout).toBe('active\n');
    expect(await host.read('/var/log/boot.log')).toBe('');
  };

  it('is tuned from its first boot on, by the very files that perfplay keeps, and after another', async () => {
    await expectTuned();
    await host.reboot();
    await expectTuned();
  });
});

describe('a boot', () => {
  use('kvm01');

  it('brings first values back and gives a new boot id', async () => {
    const before = await host.read(bootId);
    await host.write(`${cpu}/cpufreq/policy0/scaling_governor`, 'performance');
    await host.write('/sys/kernel/mm/ksm/run', '0');
    await host.write('/proc/sys/vm/swappiness', '1');
    await host.run('systemctl', 'stop', 'ksmtuned');
    const { id } = await host.reboot();
    expect(id).not.toBe(before);
    expect(await host.read(bootId)).toBe(id);
    expect(await host.read(`${cpu}/cpufreq/policy0/scaling_governor`)).toBe('powersave');
    expect(await host.read('/sys/kernel/mm/ksm/run')).toBe('1');
    expect(await host.read('/proc/sys/vm/swappiness')).toBe('60');
    expect((await host.run('systemctl', 'is-active', 'ksmtuned')).stdout).toBe('active\n');
  });

  it('numbers the interrupts anew', async () => {
    const numberOf = async (): Promise<string> =>
      /(\d+):.* ens1f0-TxRx-0$/m.exec(await host.read('/proc/interrupts'))![1]!;
    const before = await numberOf();
    await host.reboot();
    expect(await numberOf()).not.toBe(before);
  });

  it('takes the kernel line from grub.cfg, not from its sources, and limits the idle states by it', async () => {
    const line = 'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_idle.max_cstate=1 processor.max-cstate=1"\n';
    await host.put('/etc/default/grub.d/zz-mine.cfg', line);
    await host.reboot();
    expect(await host.read(parameter), 'update-grub did not run').toBe('9');
    expect(await host.read(`${cpu}/cpu0/cpuidle/state3/name`)).toBe('C6');

    await host.run('update-grub');
    await host.reboot();
    expect(await host.read('/proc/cmdline')).toMatch(
      /^BOOT_IMAGE=\/boot\/vmlinuz-\S+ root=UUID=\S+ ro quiet intel_idle/,
    );
    expect(await host.read(parameter)).toBe('1');
    expect(await host.read('/sys/module/processor/parameters/max_cstate')).toBe('1');
    expect(await host.read(`${cpu}/cpu3/cpuidle/state1/name`)).toBe('C1');
    await expect(host.read(`${cpu}/cpu3/cpuidle/state2/name`)).rejects.toThrow('ENOENT');
  });

  it('hands idling over to ACPI where intel_idle is off', async () => {
    await host.put('/etc/default/grub.d/zz-mine.cfg', 'GRUB_CMDLINE_LINUX_DEFAULT="intel_idle.max_cstate=0"\n');
    await host.run('update-grub');
    await host.reboot();
    expect(await host.read(`${cpu}/cpuidle/current_driver`)).toBe('acpi_idle');
    expect(await host.read(`${cpu}/cpu0/cpuidle/state2/name`)).toBe('C2_ACPI');
  });

  it('applies drop-ins in their order, each kind to what it can reach', async () => {
    await host.put('/etc/sysctl.d/10-a.conf', '# first\nvm.swappiness = 30\nvm.no_such_key = 1\n');
    await host.put('/etc/sysctl.d/zz-b.conf', '-vm/swappiness=1\n');
    await host.put(
      '/etc/tmpfiles.d/mine.conf',
      'w /sys/kernel/mm/transparent_hugepage/enab* - - - - never\n' +
        `w ${cpu}/cpufreq/policy0/scaling_governor - - - - performance\n`,
    );
    await host.put('/etc/modules-load.d/mine.conf', 'nf_conntrack\nno_such_module\n');
    await host.put(
      '/etc/udev/rules.d/99-mine.rules',
      'ACTION=="add|change", SUBSYSTEM=="block", ENV{DEVTYPE}=="disk", KERNEL=="nvme*", TEST=="queue/scheduler", ATTR{queue/scheduler}="none"\n' +
        'KERNEL=="sd*", ATTR{queue/rotational}=="0", ATTR{queue/nomerges}="2"\n' +
        'KERNEL!="sd*", ATTR{queue/nomerges}="1"\n',
    );
    const { complaints } = await host.reboot();
    expect(await host.read('/proc/sys/vm/swappiness')).toBe('1');
    expect(await host.read('/sys/kernel/mm/transparent_hugepage/enabled')).toBe('always madvise [never]');
    expect(await host.read(`${cpu}/cpufreq/policy0/scaling_governor`), 'its driver loads later').toBe('powersave');
    expect(await host.read('/sys/module/nf_conntrack/initstate')).toBe('live');
    expect(await host.read('/sys/block/nvme0n1/queue/scheduler')).toBe('[none] mq-deadline kyber bfq');
    expect(await host.read('/sys/block/nvme0n1/queue/nomerges')).toBe('1');
    expect(await host.read('/sys/block/sda/queue/nomerges'), 'it is rotational').toBe('0');
    expect(complaints.map((complaint) => complaint.split(':')[0])).toEqual(['modules-load', 'sysctl']);
  });

  it('starts units that are enabled, own ones after multi-user.target last, and guests with vhost where the module is', async () => {
    await host.run('systemctl', 'disable', 'ksmtuned', 'qemu-kvm');
    await host.put('/usr/local/sbin/tune', '"$PERFPLAY_WRITE" /sys/kernel/mm/ksm/run 2\n');
    const unit =
      '[Unit]\nAfter=multi-user.target\n[Service]\nExecStart=/bin/sh /usr/local/sbin/tune\n[Install]\nWantedBy=multi-user.target\n';
    await host.put('/etc/systemd/system/a-tune.service', unit);
    await host.reboot();
    expect(await host.read('/sys/kernel/mm/ksm/run'), 'the unit is not enabled').toBe('0');
    expect((await host.read('/proc/2001/cmdline')).includes('vhost=on'), 'nothing loaded vhost_net').toBe(false);

    await host.run('systemctl', 'enable', 'a-tune', 'ksmtuned');
    await host.put('/etc/modules-load.d/vhost.conf', 'vhost_net\n');
    await host.reboot();
    expect(await host.read('/sys/kernel/mm/ksm/run'), 'a-tune after ksmtuned').toBe('2');
    expect((await host.read('/proc/2011/cmdline')).includes('vhost=on')).toBe(true);
  });

  it('fails where the boot loader names a kernel that is not there', async () => {
    await rm(path.join(host.folder.root, '/boot/initrd.img-5.15.0-126-generic'));
    await expect(host.reboot()).rejects.toThrow('does not boot: there is no /boot/initrd.img-5.15.0-126-generic');
  });
});

describe('a boot by boot loader entries', () => {
  use('rp02');

  it('takes the saved entry', async () => {
    await host.run('grubby', '--update-kernel=ALL', '--args=intel_idle.max_cstate=1');
    await host.reboot();
    expect(await host.read('/proc/cmdline')).toContain(' intel_idle.max_cstate=1');
    expect(await host.read(parameter)).toBe('1');
  });
});
