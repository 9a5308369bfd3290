import { readdir, readlink, realpath } from 'node:fs/promises';
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

describe('systemctl', () => {
  use('kvm02');
  const properties = [
    'show',
    '--no-pager',
    '-p',
    'Id',
    '-p',
    'LoadState',
    '-p',
    'ActiveState',
    '-p',
    'UnitFileState',
    '--',
  ];

  it('shows units in the order asked, blocks apart, those that are not installed too', async () => {
    const { exit, stdout } = await host.run('systemctl', ...properties, 'tuned.service', 'ksm.service');
    expect(exit).toBe(0);
    expect(stdout).toBe(
      'Id=tuned.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n\n' +
        'Id=ksm.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n',
    );
  });

  it('stops, disables and masks, with the unit’s effect on the kernel', async () => {
    expect((await host.run('systemctl', 'disable', '--now', 'ksm.service')).exit).toBe(0);
    expect(await host.read('/sys/kernel/mm/ksm/run')).toBe('0');
    expect((await host.run('systemctl', 'is-active', 'ksm')).stdout).toBe('inactive\n');
    expect((await host.run('systemctl', 'is-enabled', 'ksm')).stdout).toBe('disabled\n');
    expect((await host.run('systemctl', 'mask', 'ksm')).exit).toBe(0);
    const { stdout } = await host.run('systemctl', ...properties, 'ksm.service');
    expect(stdout).toContain('LoadState=masked');
    expect(stdout).toContain('UnitFileState=masked');
    const refused = await host.run('systemctl', 'start', 'ksm');
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('is masked');
    await host.run('systemctl', 'unmask', 'ksm');
    await host.run('systemctl', 'enable', '--now', 'ksm');
    expect(await host.read('/sys/kernel/mm/ksm/run')).toBe('1');
    expect((await host.run('systemctl', 'is-enabled', 'ksm')).stdout).toBe('enabled\n');
  });

  it('refuses units that are not installed', async () => {
    expect((await host.run('systemctl', 'stop', 'tuned')).exit).toBe(5);
    expect((await host.run('systemctl', 'start', 'tuned')).exit).toBe(5);
    expect((await host.run('systemctl', 'enable', 'tuned')).exit).toBe(1);
    expect((await host.run('systemctl', 'try-restart', 'tuned')).exit).toBe(0);
    expect((await host.run('systemctl', 'is-system-running')).stdout).toBe('running\n');
  });

  it('restarts irqbalance with the arguments of its file', async () => {
    await host.put('/etc/default/irqbalance', 'IRQBALANCE_ARGS="--banmod=ixgbe"\n');
    expect((await host.run('systemctl', 'try-restart', 'irqbalance.service')).exit).toBe(0);
    expect((await host.read('/proc/812/cmdline')).split('\0')).toContain('--banmod=ixgbe');
    await host.run('systemctl', 'stop', 'irqbalance');
    await expect(host.read('/proc/812/comm')).rejects.toThrow('ENOENT');
  });

  it('runs the commands of an administrator’s own unit below the root, and knows when they fail', async () => {
    await host.put('/usr/local/sbin/tune', 'printf "%s\\n" "$1" >"$PERFPLAY_ROOT/run/tuned"; exit "$2"\n');
    const unit = (exit: number): string =>
      `[Service]\nExecStart=/bin/sh /usr/local/sbin/tune quickly ${exit}\n[Install]\nWantedBy=multi-user.target\n`;
    await host.put('/etc/systemd/system/tune.service', unit(0));
    expect((await host.run('systemctl', 'start', 'tune')).exit).toBe(0);
    expect(await host.read('/run/tuned')).toBe('quickly');
    await host.run('systemctl', 'stop', 'tune');
    await host.put('/etc/systemd/system/tune.service', unit(3));
    expect((await host.run('systemctl', 'start', 'tune')).exit).toBe(1);
    expect((await host.run('systemctl', 'is-active', 'tune')).stdout).toBe('failed\n');
  });
});

describe('modprobe', () => {
  use('kvm02');

  it('loads a module with what it needs, and its device', async () => {
    expect((await host.run('modprobe', 'vhost-net')).exit).toBe(0);
    expect(await host.read('/sys/module/vhost_net/initstate')).toBe('live');
    expect(await host.read('/sys/module/vhost/initstate')).toBe('live');
    expect(await host.read('/dev/vhost-net')).toBe('');
    expect((await host.run('modprobe', '-r', 'vhost_net')).exit).toBe(0);
    await expect(host.read('/dev/vhost-net')).rejects.toThrow('ENOENT');
  });

  it('refuses what is unknown, in use, or switched off by configuration', async () => {
    const unknown = await host.run('modprobe', 'vhost_nett');
    expect(unknown.exit).toBe(1);
    expect(unknown.stderr).toContain('not found in directory /lib/modules/5.15.0-126-generic');
    await host.put('/etc/modprobe.d/no-floppy.conf', 'install floppy /bin/false\n');
    expect((await host.run('modprobe', 'floppy')).exit).toBe(1);
    await host.run('modprobe', 'vhost_net');
    await host.put('/sys/module/vhost_net/refcnt', '1\n');
    expect((await host.run('modprobe', '-r', 'vhost_net')).stderr).toContain('in use');
  });
});

describe('grub of the Debian family', () => {
  use('kvm02');
  const linuxLines = async (): Promise<string[]> =>
    (await host.read('/boot/grub/grub.cfg')).split('\n').filter((line) => /^\s*linux\s/.test(line));

  it('renders what all sourced files say together; recovery entries without the default words', async () => {
    await host.put(
      '/etc/default/grub.d/zz-mine.cfg',
      'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT idle=poll"\n',
    );
    expect((await host.run('update-grub')).exit).toBe(0);
    const [simple, advanced, recovery, ...more] = await linuxLines();
    expect(simple).toMatch(/\slinux\t\/boot\/vmlinuz-5.15.0-126-generic root=UUID=\S+ ro .*console=ttyS0 idle=poll$/);
    expect(advanced!.trim()).toBe(simple!.trim());
    expect(recovery).toContain('ro single');
    expect(recovery).not.toContain('idle=poll');
    expect(more).toEqual([]);
  });

  it.each([
    ['an unclosed quote', 'GRUB_CMDLINE_LINUX_DEFAULT="quiet\n', 2],
    ['an unquoted space', 'GRUB_CMDLINE_LINUX_DEFAULT=quiet splash-not-a-program\n', 127],
  ])('leaves grub.cfg alone after %s', async (_, text, exit) => {
    const before = await host.read('/boot/grub/grub.cfg');
    await host.put('/etc/default/grub.d/zz-bad.cfg', text);
    expect((await host.run('update-grub')).exit).toBe(exit);
    expect(await host.read('/boot/grub/grub.cfg')).toBe(before);
  });

  it('leaves grub.cfg alone, and a .new beside it, after a generated syntax error', async () => {
    const before = await host.read('/boot/grub/grub.cfg');
    await host.put('/etc/default/grub.d/zz-bad.cfg', 'GRUB_CMDLINE_LINUX_DEFAULT="dyndbg=\'"\n');
    expect((await host.run('update-grub')).exit).toBe(1);
    expect(await host.read('/boot/grub/grub.cfg')).toBe(before);
    expect(await host.read('/boot/grub/grub.cfg.new')).toContain('dyndbg');
  });

  it('writes where it is told to, with or without the root in front, and checks scripts', async () => {
    expect((await host.run('grub-mkconfig', '-o', '/boot/grub/trial.cfg')).exit).toBe(0);
    expect((await host.run('grub-mkconfig', '-o', path.join(host.folder.root, 'boot/grub/other.cfg'))).exit).toBe(0);
    expect(await host.read('/boot/grub/trial.cfg')).toBe(await host.read('/boot/grub/other.cfg'));
    expect((await host.run('grub-script-check', '/boot/grub/trial.cfg')).exit).toBe(0);
    await host.put('/boot/grub/trial.cfg', "menuentry 'x' {\n");
    expect((await host.run('grub-script-check', '/boot/grub/trial.cfg')).exit).toBe(1);
  });
});

describe('grubby of the RHEL family', () => {
  use('rp02');

  it('edits every entry, and what new kernels will get', async () => {
    expect((await host.run('grubby', '--update-kernel=ALL', '--args=intel_idle.max_cstate=2 quiet')).exit).toBe(0);
    expect(
      (await host.run('grubby', '--update-kernel=ALL', '--args=intel_idle.max_cstate=1', '--remove-args=quiet')).exit,
    ).toBe(0);
    const { stdout } = await host.run('grubby', '--info=ALL');
    const lines = stdout.split('\n').filter((line) => line.startsWith('args='));
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^args="ro crashkernel=\S+ intel_idle\.max_cstate=1"$/);
    expect(await host.read('/etc/default/grub')).toMatch(
      /^GRUB_CMDLINE_LINUX="crashkernel=\S+ intel_idle\.max_cstate=1"$/m,
    );
    expect(await host.read('/etc/kernel/cmdline')).toMatch(/ intel_idle\.max_cstate=1$/);
    expect((await host.run('grubby', '--default-kernel')).stdout).toBe('/boot/vmlinuz-5.14.0-503.14.1.el9_5.x86_64\n');
    expect((await host.run('grubby', '--update-kernel=/boot/none', '--args=quiet')).exit).toBe(1);
  });
});

describe('small programs', () => {
  use('rp02');

  it('answer as the host that they stand on', async () => {
    expect((await host.run('uname', '-rm')).stdout).toBe('5.14.0-503.14.1.el9_5.x86_64 x86_64\n');
    expect((await host.run('uname')).stdout).toBe('Linux\n');
    expect((await host.run('uname', '-a')).stdout).toMatch(/^Linux rp02 5\.14\.0\S+ #1 SMP PREEMPT_DYNAMIC x86_64\n$/);
    expect(await host.run('systemd-detect-virt')).toMatchObject({ exit: 1, stdout: 'none\n' });
    expect((await host.run('udevadm', 'control', '--reload')).exit).toBe(0);
    expect((await host.run('udevadm', 'trigger')).exit).toBe(1);
    expect((await host.run('id', '-u')).stdout).toBe('1000\n');
  });
});

describe('the device tree', () => {
  use('rp01');

  it('can be walked by its links, from a NIC or a disk to the interrupts of its PCI device', async () => {
    const at = (name: string): string => path.join(host.folder.root, name);
    const nic = await realpath(at('/sys/class/net/ens1f0/device'));
    expect(await realpath(at('/sys/bus/pci/devices/' + path.basename(nic)))).toBe(nic);
    expect(path.basename(await readlink(at('/sys/class/net/ens1f0/device/driver')))).toBe('i40e');
    expect(await host.read('/sys/class/net/ens1f0/device/local_cpulist')).toBe('2-3');
    const nvme = await realpath(at('/sys/block/nvme0n1/device'));
    expect(path.basename(nvme)).toBe('nvme0');
    expect(path.basename(await readlink(path.join(nvme, 'device/driver')))).toBe('nvme');
    expect(path.basename(await readlink(at('/sys/block/sda/device/driver')))).toBe('sd');
    const numbers = [...(await host.read('/proc/interrupts')).matchAll(/(\d+):.* nvme0q\d+$/gm)].map(
      (match) => match[1],
    );
    expect(numbers).toHaveLength(5);
    expect(await readdir(path.join(nvme, 'device/msi_irqs'))).toEqual(numbers);
  });
});
