import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LabHost } from './host.ts';
import { startLab, type Lab } from './hosts.ts';
import { labProblem } from './need.ts';
import { computeNode } from './trees.ts';

/** The arguments of each `linux` line of grub.cfg. */
const kernelLines = (config: string): readonly string[] =>
  [...config.matchAll(/^\s*linux\s+\S+ root=\S+ ro (.*)$/gm)].map(([, args = '']) => args.trim());

const title = `programs of the lab hosts${labProblem === undefined ? '' : ` (skipped: ${labProblem})`}`;
describe.skipIf(labProblem !== undefined)(title, () => {
  let lab: Lab;
  let debian: LabHost;
  let rhel: LabHost;
  beforeAll(async () => {
    lab = await startLab([
      { name: 'debian', tree: computeNode() },
      { name: 'rhel', shell: 'bash', tree: computeNode('rhel') },
    ]);
    debian = lab.host('debian');
    rhel = lab.host('rhel');
  });
  beforeEach(() => Promise.all([debian.clear(), rhel.clear()]));
  afterAll(() => lab?.stop());

  test('every call is recorded, word by word', async () => {
    await debian.sh('systemctl is-active irqbalance; udevadm control --reload; systemctl start "a b" 2>/dev/null; :');
    expect(await debian.calls()).toEqual([
      ['systemctl', 'is-active', 'irqbalance'],
      ['udevadm', 'control', '--reload'],
      ['systemctl', 'start', 'a b'],
    ]);
  });

  test('systemctl show answers unit by unit, in the order asked', async () => {
    expect(
      await debian.sh(
        'systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState -- nope.service irqbalance.service',
      ),
    ).toBe(
      'Id=nope.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n\nId=irqbalance.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled',
    );
  });

  test('units keep what was done to them', async () => {
    const state = (): Promise<string> =>
      debian.sh('systemctl show -p LoadState,ActiveState,UnitFileState --value irqbalance | tr "\\n" " "');
    await debian.sh('systemctl disable --now irqbalance');
    expect(await state()).toBe('loaded inactive disabled ');
    await debian.sh('systemctl mask irqbalance');
    expect(await state()).toBe('masked inactive masked ');
    await expect(debian.sh('systemctl start irqbalance')).rejects.toThrow('is masked');
    await debian.sh('systemctl unmask irqbalance && systemctl try-restart irqbalance');
    expect(await state()).toBe('loaded inactive disabled ');
    await debian.sh('systemctl enable --now irqbalance');
    expect(await state()).toBe('loaded active enabled ');
    await expect(debian.sh('systemctl enable nope')).rejects.toThrow('does not exist');
  });

  test('a unit file of its own runs when started and is gone with its file', async () => {
    const file = '/etc/systemd/system/witness.service';
    await debian.write(
      file,
      '[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo ran >/run/witness"\n[Install]\nWantedBy=multi-user.target\n',
    );
    await debian.sh('systemctl daemon-reload && systemctl enable --now witness.service');
    expect(await debian.read('/run/witness')).toBe('ran\n');
    expect(await debian.sh('systemctl is-enabled witness')).toBe('enabled');
    await debian.write(file, '[Service]\nExecStart=/bin/false\n');
    await expect(debian.sh('systemctl restart witness')).rejects.toThrow('control process exited');
    await debian.sh(`rm ${file} && systemctl daemon-reload`);
    expect(await debian.sh('systemctl show -p LoadState --value witness')).toBe('not-found');
  });

  test('update-grub renders normal and recovery entries of both kernels; the last drop-in wins', async () => {
    expect(kernelLines(await debian.read('/boot/grub/grub.cfg'))[0]).toBe('console=tty1 console=ttyS0');
    await debian.write(
      '/etc/default/grub.d/zz-lab.cfg',
      'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX both"\nGRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT a=1"\n',
    );
    await debian.sh('update-grub');
    const normal = 'both console=tty1 console=ttyS0 a=1';
    expect(kernelLines(await debian.read('/boot/grub/grub.cfg'))).toEqual([
      normal,
      normal,
      'single  both',
      normal,
      'single  both',
    ]);
    await debian.sh('grub-script-check /boot/grub/grub.cfg');
  });

  test('a drop-in that sh or grub cannot read leaves grub.cfg alone', async () => {
    const config = await debian.read('/boot/grub/grub.cfg');
    await debian.write('/etc/default/grub.d/zz-lab.cfg', 'GRUB_CMDLINE_LINUX="open\n');
    await expect(debian.sh('update-grub')).rejects.toMatchObject({ exitCode: 2 });
    await debian.write('/etc/default/grub.d/zz-lab.cfg', 'GRUB_CMDLINE_LINUX=a b\n');
    await expect(debian.sh('update-grub')).rejects.toMatchObject({ exitCode: 127 });
    await debian.write('/etc/default/grub.d/zz-lab.cfg', `GRUB_CMDLINE_LINUX="it's"\n`);
    await expect(debian.sh('update-grub')).rejects.toMatchObject({ exitCode: 1 });
    expect(await debian.read('/boot/grub/grub.cfg')).toBe(config);
    await debian.sh('rm /etc/default/grub.d/zz-lab.cfg /boot/grub/grub.cfg.new');
  });

  test('a Debian host has no grubby, a RHEL host no update-grub', async () => {
    expect(await debian.sh('command -v grubby dracut; command -v update-grub')).toBe('/usr/sbin/update-grub');
    expect(await rhel.sh('command -v update-grub grub-mkconfig; command -v grubby')).toBe('/usr/sbin/grubby');
  });

  test('grubby replaces, appends and removes arguments in all entries and the files beside them', async () => {
    const args = async (): Promise<readonly string[]> =>
      [...(await rhel.sh('grubby --info=ALL')).matchAll(/^args="(.*)"$/gm)].map(([, found = '']) => found);
    const base = 'ro crashkernel=1G-4G:192M,4G-64G:256M rd.lvm.lv=rhel/root rhgb quiet';
    expect(await args()).toEqual([base, base]);
    await rhel.sh('grubby --update-kernel=ALL --args="intel_idle.max_cstate=9 nosoftlockup"');
    await rhel.sh('grubby --update-kernel=ALL --args="intel_idle.max_cstate=1" --remove-args="quiet nothere"');
    const edited = `${base.replace(' quiet', '')} intel_idle.max_cstate=1 nosoftlockup`;
    expect(await args()).toEqual([edited, edited]);
    expect(await rhel.read('/etc/default/grub')).toContain('rhgb intel_idle.max_cstate=1 nosoftlockup"\n');
    expect(await rhel.read('/etc/kernel/cmdline')).toContain('root=/dev/mapper/rhel-root');
    expect(await rhel.sh('grubby --default-kernel')).toBe('/boot/vmlinuz-5.14.0-427.13.1.el9_4.x86_64');
    await expect(rhel.sh('grubby --info=/boot/none')).rejects.toThrow('incorrect');
  });

  test('modprobe loads what the host has, with the options of modprobe.d', async () => {
    await debian.write('/etc/modprobe.d/lab.conf', 'options vhost_net experimental_zcopytx=1\n');
    await debian.sh('modprobe vhost-net');
    expect(
      await debian.sh('cat /sys/module/vhost_net/initstate /sys/module/vhost_net/parameters/*; ls /dev/vhost-net'),
    ).toBe('live\n1\n/dev/vhost-net');
    await debian.sh('modprobe -r vhost_net');
    await expect(debian.sh('ls /sys/module/vhost_net')).rejects.toThrow('No such file');
    await expect(debian.sh('modprobe kvm_amd')).rejects.toThrow('not found in directory');
    await expect(debian.sh('modprobe -r kvm')).rejects.toThrow('in use');
  });

  test('systemd-detect-virt and uname answer for the host', async () => {
    await expect(debian.sh('systemd-detect-virt')).rejects.toMatchObject({ exitCode: 1, stdout: 'none\n' });
    await debian.write('/var/lib/lab/virt', 'kvm\n');
    expect(await debian.sh('systemd-detect-virt')).toBe('kvm');
    expect(await debian.sh('uname -rm')).toBe(`5.4.0-150-generic ${await debian.sh('uname -m')}`);
  });
});
