import { lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import kernelCmdline from '../../../modules/kernel_cmdline/index.ts';
import { grubEntries } from '../../../src/engine/stores/kernel-arg/boot-entries.ts';
import { createLocalHost, runTasks, type LocalHost } from '../local-host.ts';
import { environmentBlock, families, hostOf, image } from './kernel-arg-hosts.ts';

const task = (params: object) => ({ module: kernelCmdline, params: params as never });
const isolated = task({ present: ['isolcpus=3'] });

let host: LocalHost;
afterEach(() => host.dispose());
const familyNamed = (name: string) => families.find((family) => family.name === name)!;
const start = (name: string): LocalHost => (host = hostOf(familyNamed(name)));
const first = async (...inputs: Parameters<typeof runTasks>[1]) => (await runTasks(host, inputs)).tasks[0];
const entries = '/boot/loader/entries/6c8f2f0a1b3d4e5f8a9b0c1d2e3f4a5b';

describe('grubby', () => {
  it('is called once, to remove and to add', async () => {
    start('EL 9');
    await first(
      task({ present: ['intel_idle.max_cstate=1', 'console=tty0', 'console=ttyS0,115200n8'], absent: ['quiet'] }),
    );
    expect(
      host
        .read('/calls')
        ?.split('\n')
        .filter((line) => line.startsWith('grubby')),
    ).toEqual([
      'grubby --update-kernel=ALL --remove-args=quiet intel_idle.max_cstate ' +
        '--args=intel_idle.max_cstate=1 console=tty0 console=ttyS0,115200n8',
    ]);
    expect(host.read(`${entries}-5.14.0-427.el9.x86_64.conf`)).toMatch(/ console=tty0 console=ttyS0,115200n8$/m);
  });

  it.each(['EL 8', 'EL 9'])('of an old version leaves out files, which are completed (%s)', async (name) => {
    start(name);
    host.write('/grubby-is-old', '');
    const before = image(host);
    expect(await first(isolated)).toMatchObject({ outcome: 'changed' });
    expect(host.read('/etc/default/grub')).toContain('rhgb quiet isolcpus=3"\n');
    if (name === 'EL 9') expect(host.read('/etc/kernel/cmdline')).toMatch(/ isolcpus=3\n$/);
    expect(await first(isolated)).toMatchObject({ outcome: 'ok', changes: [] });
    await first({ ...isolated, more: { absent: true } });
    expect(image(host)).toEqual(before);
  });

  it('gives rescue entries nothing, unless recovery is on', async () => {
    start('EL 9');
    await first(isolated);
    expect(host.read(`${entries}-0-rescue.conf`)).not.toContain('isolcpus');
    expect(await first(task({ present: ['isolcpus=3'], recovery: 'on' }))).toMatchObject({ outcome: 'changed' });
    expect(host.read(`${entries}-0-rescue.conf`)).toContain(' isolcpus=3\n');
    await first({ ...isolated, more: { absent: true } });
    expect(host.read(`${entries}-0-rescue.conf`)).not.toContain('isolcpus');
  });

  it('has the arguments given to a kernel that came without them', async () => {
    start('EL 9');
    await first(isolated);
    host.write(
      `${entries}-5.14.0-503.el9.x86_64.conf`,
      'title Rocky Linux\nversion 5.14.0-503.el9.x86_64\nlinux /vmlinuz-5\noptions root=/dev/mapper/rl-root ro\n',
    );
    expect(await first(isolated)).toMatchObject({ outcome: 'changed' });
    expect(host.read(`${entries}-5.14.0-503.el9.x86_64.conf`)).toContain('ro isolcpus=3\n');
    await first({ ...isolated, more: { absent: true } });
    expect(host.read(`${entries}-5.14.0-503.el9.x86_64.conf`)).toContain('ro\n');
    expect(host.read('/etc/perfplay/kernel-arguments')).toBeUndefined();
  });

  it('says that a kernel installed later would lack an argument', async () => {
    start('EL 9');
    await first(isolated);
    host.write('/etc/kernel/cmdline', 'root=/dev/mapper/rl-root ro\n');
    const { tasks, events } = await runTasks(host, [isolated], { check: true });
    expect(tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(JSON.stringify(events)).toContain(
      'a kernel that is installed later would not: it takes what /etc/kernel/cmdline says',
    );
  });

  it('that is not installed is named, and nothing is changed', async () => {
    host = createLocalHost({}, {});
    for (const [file, text] of Object.entries(familyNamed('EL 9').files)) host.write(file, text);
    host.remove('/boot/grub');
    const before = image(host);
    expect(await first(isolated)).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('grubby is not installed'),
    });
    host.remove('/etc/perfplay');
    expect(image(host)).toEqual(before);
  });

  it.each([
    ['grubby', []],
    ['what completes its work', ['/grubby-is-old']],
  ])('is taken back where %s cannot write a file', async (_, marks) => {
    start('Fedora, without /etc/kernel/cmdline');
    for (const mark of marks) host.write(mark, '');
    host.write('/etc/kernel', 'a file where a folder should be');
    const before = image(host);
    expect((await first(isolated))?.message).toMatch(/\/etc\/kernel.*; the boot entries are as they were/);
    host.remove('/etc/perfplay');
    expect(image(host)).toEqual(before);
  });

  it('leaves the link to the environment on the EFI partition a link', async () => {
    start('EL 8 with EFI');
    await first(isolated);
    const link = path.join(host.root, '/boot/grub2/grubenv');
    expect(lstatSync(link).isSymbolicLink() && readlinkSync(link)).toBe('../efi/EFI/redhat/grubenv');
    expect(Buffer.byteLength(host.read('/boot/efi/EFI/redhat/grubenv')!)).toBe(1024);
  });

  it('reaches entries whose kernelopts only the menu sets', async () => {
    start('EL 8');
    host.write('/boot/grub2/grubenv', environmentBlock(['boot_success=0']));
    host.write(
      '/boot/grub2/grub.cfg',
      `${host.read('/boot/grub2/grub.cfg')}if [ -z "\${kernelopts}" ]; then\n  set kernelopts="root=/dev/mapper/rl-root ro "\nfi\n`,
    );
    const before = image(host);
    expect(await first(isolated)).toMatchObject({ outcome: 'changed' });
    expect(host.read(`${entries}-4.18.0-513.el8.x86_64.conf`)).toContain(
      'options $kernelopts $tuned_params isolcpus=3\n',
    );
    expect(await first(isolated)).toMatchObject({ outcome: 'ok', changes: [] });
    await first({ ...isolated, more: { absent: true } });
    expect(image(host)).toEqual(before);
  });

  it('cannot win against tuned, which is named', async () => {
    start('EL 8');
    const environment = host.read('/boot/grub2/grubenv')!.replaceAll('#', '').trim().split('\n').slice(1);
    host.write('/boot/grub2/grubenv', environmentBlock([...environment, 'tuned_params=isolcpus=1']));
    await first(isolated);
    expect(await first(isolated)).toMatchObject({
      outcome: 'failed',
      reason: 'ineffective',
      message: expect.stringContaining(
        'tuned_params of /boot/grub2/grubenv (tuned) is added to every entry when GRUB starts it, and brings isolcpus=1',
      ),
    });
  });
});

describe('/etc/default/grub', () => {
  it.each([
    'GRUB_CMDLINE_LINUX_DEFAULT="splash=silent \\\nquiet"\n',
    'GRUB_CMDLINE_LINUX_DEFAULT=quiet\nGRUB_CMDLINE_LINUX_DEFAULT+=" splash"\n',
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet"" splash"\n',
  ])('that no editor would understand is left alone: %j', async (text) => {
    start('SLES 15 SP5');
    host.write('/etc/default/grub', text);
    const before = image(host);
    expect(await first(isolated)).toMatchObject({ outcome: 'failed', reason: 'unsupported' });
    expect(image(host)).toEqual(before);
  });

  it('may be made of what tuned appended to it', async () => {
    start('SLES 15 SP5');
    const tuned =
      'GRUB_CMDLINE_LINUX_DEFAULT="${GRUB_CMDLINE_LINUX_DEFAULT:+$GRUB_CMDLINE_LINUX_DEFAULT }\\$tuned_params"\n';
    host.write('/etc/default/grub', `${host.read('/etc/default/grub')}${tuned}`);
    const before = host.read('/etc/default/grub');
    expect(await first(task({ present: ['isolcpus=3'], absent: ['quiet'] }))).toMatchObject({ outcome: 'changed' });
    expect(host.read('/boot/grub2/grub.cfg')).toMatch(
      /mitigations=auto +intel_idle.max_cstate=9 \$tuned_params isolcpus=3$/m,
    );
    await first({ ...task({ present: ['isolcpus=3'], absent: ['quiet'] }), more: { absent: true } });
    expect(host.read('/etc/default/grub')).toBe(before);
  });

  it('gives recovery entries what recovery: on says', async () => {
    start('SLES 15 SP5');
    await first(task({ present: ['isolcpus=3'], recovery: 'on' }));
    expect(host.read('/etc/default/grub')).toContain('GRUB_CMDLINE_LINUX="isolcpus=3"\n');
    expect(host.read('/boot/grub2/grub.cfg')).toMatch(/isolcpus=3 single/);
  });

  it.each(['grub2-script-check-fails', 'grub2-mkconfig-fails'])(
    'is put back after %s, in the words of the program',
    async (failure) => {
      start('SLES 15 SP5');
      host.write(`/${failure}`, '');
      const before = host.read('/etc/default/grub');
      const failed = await first(isolated);
      expect(failed?.message).toMatch(
        /^.*grub2-(script-check|mkconfig): .*syntax error.*; \/boot\/grub2\/grub.cfg is the old one/,
      );
      expect(host.read('/etc/default/grub')).toBe(before);
    },
  );
});

describe('rpm-ostree', () => {
  it('gets all in one transaction, repeated words in their order', async () => {
    start('Silverblue');
    host.write('/deployment', 'root=UUID=1 console=tty1 console=tty1 intel_idle.max_cstate=9 rw\n');
    await first(
      task({
        present: [
          'intel_idle.max_cstate=1',
          'console=tty0',
          'console=ttyS0,115200n8',
          'hugepagesz=1G',
          'hugepages=4',
          'hugepagesz=2M',
          'hugepages=64',
        ],
      }),
    );
    expect(
      host
        .read('/calls')
        ?.split('\n')
        .filter((line) => /--/.test(line)),
    ).toEqual([
      'rpm-ostree kargs --delete=console=tty1 --delete=console=tty1 --delete=intel_idle.max_cstate=9 ' +
        '--append=intel_idle.max_cstate=1 --append=console=tty0 --append=console=ttyS0,115200n8 ' +
        '--append=hugepagesz=1G --append=hugepages=4 --append=hugepagesz=2M --append=hugepages=64',
    ]);
    expect(host.read('/deployment')).toMatch(/hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=64\n/);
  });

  it('that is busy says so', async () => {
    start('Silverblue');
    host.write('/rpm-ostree-fails', '');
    expect((await first(isolated))?.message).toContain('Transaction in progress: upgrade');
  });

  it('shows what is staged, whatever /boot says', async () => {
    start('Silverblue');
    host.write('/boot/loader/entries/ostree-1.conf', 'title Fedora\nlinux /vmlinuz\noptions root=UUID=1 isolcpus=3\n');
    expect(await first(isolated)).toMatchObject({ outcome: 'changed' });
  });
});

describe('a host without a boot loader that perfplay changes', () => {
  it.each([
    ['/boot/efi/EFI/Linux/fedora-6.11.efi', 'a unified kernel image'],
    ['/boot/efi/loader/entries/x-6.11.conf', 'systemd-boot'],
    ['/usr/bin/sdbootutil', 'sdbootutil update-all-entries'],
    ['/etc/kernel/proxmox-boot-uuids', 'proxmox-boot-tool refresh'],
    ['/etc/zipl.conf', 'zipl'],
    ['/boot/firmware/cmdline.txt', '/boot/firmware/cmdline.txt'],
    ['/boot/boot.scr', 'U-Boot'],
    ['/boot/nothing', 'no boot loader that perfplay knows'],
  ])('with %s is told what to do', async (file, text) => {
    host = createLocalHost();
    host.remove('/boot');
    host.write(file, 'x');
    const before = image(host);
    expect(await first(isolated)).toMatchObject({
      outcome: 'failed',
      reason: 'unsupported',
      message: expect.stringContaining(text),
    });
    expect(image(host)).toEqual(before);
  });

  it('whose root is a read-only snapshot is told of transactional-update', async () => {
    start('SLES 15 SP5');
    host.write('/usr/sbin/transactional-update', '');
    expect(await first(isolated)).toMatchObject({ outcome: 'changed' });
    host.write(
      '/proc/self/mountinfo',
      '26 1 0:23 /@/.snapshots/1/snapshot / ro,relatime shared:1 - btrfs /dev/vda2 rw\n',
    );
    expect(await first(isolated)).toMatchObject({
      reason: 'unsupported',
      message: expect.stringContaining('transactional-update run'),
    });
  });
});

describe('the entries of a grub.cfg', () => {
  it('are those of kernels, under Xen and in submenus too, with the words that tuned sets', () => {
    host = createLocalHost();
    const read = grubEntries(
      [
        '### BEGIN /etc/grub.d/00_tuned ###',
        'set tuned_params="skew_tick=1"',
        '### END /etc/grub.d/00_tuned ###',
        '### BEGIN /etc/grub.d/10_linux ###',
        "menuentry 'Somebody\\'s Linux' --class os {",
        '\tlinuxefi /vmlinuz-1 root=UUID=1 ro quiet $tuned_params',
        '}',
        "submenu 'Advanced options' {",
        "\tmenuentry 'Linux 1 (recovery mode)' {",
        '\t\tlinux /vmlinuz-1 root=UUID=1 ro single',
        '\t}',
        '}',
        '### END /etc/grub.d/10_linux ###',
        '### BEGIN /etc/grub.d/20_linux_xen ###',
        "menuentry 'Debian, with Xen hypervisor' {",
        '\tmultiboot2 /xen-4.17.gz placeholder',
        '\tmodule2 /vmlinuz-1 placeholder root=UUID=1 ro quiet',
        '\tmodule2 --nounzip /initrd.img-1',
        '}',
        '### END /etc/grub.d/20_linux_xen ###',
      ].join('\n'),
    );
    expect(read.map(({ recovery, words }) => [recovery, words.map(({ word }) => word).join(' ')])).toEqual([
      [false, 'root=UUID=1 ro quiet skew_tick=1'],
      [true, 'root=UUID=1 ro single'],
      [false, 'root=UUID=1 ro quiet'],
    ]);
  });
});

describe('a cloud image of Debian or Ubuntu', () => {
  it('has its own arguments and ours, whatever its files assign and compute', async () => {
    host = createLocalHost({
      '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="lost"\nGRUB_CMDLINE_LINUX="$(echo computed=1)"\n',
      '/etc/default/grub.d/50-cloudimg-settings.cfg':
        'GRUB_CMDLINE_LINUX_DEFAULT="console=tty1 console=ttyS0 isolcpus=1"\n',
      '/etc/default/grub.d/hetzner.cfg': 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT consoleblank=0"\n',
    });
    const before = host.read('/boot/grub/grub.cfg');
    expect(await first(isolated)).toMatchObject({ outcome: 'changed' });
    expect(host.read('/boot/grub/grub.cfg')).toMatch(
      /ro computed=1 console=tty1 console=ttyS0 consoleblank=0 isolcpus=3$/m,
    );
    await first({ ...isolated, more: { absent: true } });
    expect(host.read('/boot/grub/grub.cfg')).toMatch(
      /ro computed=1 console=tty1 console=ttyS0 isolcpus=1 consoleblank=0$/m,
    );
    expect(before).not.toContain('isolcpus');
  });
});
