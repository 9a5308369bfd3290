import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { install, type Installed } from './installed.ts';

let host: Installed;
const use = (name: string): void => {
  beforeEach(async () => {
    host = await install(name);
  });
  afterEach(() => host.remove());
};

describe('modprobe', () => {
  use('rp01');
  const parameter = (name: string): Promise<string> => host.read(`/sys/module/nf_conntrack/parameters/${name}`);

  it('gives a module its defaults, then what modprobe.d says, then its own arguments', async () => {
    await host.run('modprobe', 'nf_conntrack');
    expect([await parameter('hashsize'), await parameter('acct')]).toEqual(['65536', 'N']);
    await host.run('modprobe', '-r', 'nf_conntrack');
    await host.put('/etc/modprobe.d/mine.conf', 'options nf-conntrack hashsize=1024 acct=1\n');
    await host.run('modprobe', 'nf-conntrack', 'hashsize=2048');
    expect([await parameter('hashsize'), await parameter('acct')]).toEqual(['2048', 'Y']);
  });

  it('shows what it would load, and loads nothing', async () => {
    const show = async (name: string) => (await host.run('modprobe', '--show-depends', name)).stdout;
    const folder = '/lib/modules/6.1.0-28-amd64/kernel/drivers/vhost';
    expect(await show('vhost-net')).toBe(`insmod ${folder}/vhost.ko \ninsmod ${folder}/vhost_net.ko \n`);
    expect(await show('ext4')).toBe('builtin ext4\n');
    expect((await host.run('modprobe', '--show-depends', 'nosuch')).exit).toBe(1);
    await host.put('/etc/modprobe.d/mine.conf', 'install floppy /bin/false\n');
    expect(await show('floppy')).toBe('install /bin/false \n');
    await expect(host.read('/sys/module/vhost_net/initstate')).rejects.toThrow('ENOENT');
  });

  it('passes a blacklisted module over where it is told to heed that', async () => {
    await host.put('/etc/modprobe.d/mine.conf', 'blacklist floppy\n');
    expect((await host.run('modprobe', '-b', 'floppy')).exit).toBe(0);
    await expect(host.read('/sys/module/floppy/initstate')).rejects.toThrow('ENOENT');
    await host.run('modprobe', 'floppy');
    expect(await host.read('/sys/module/floppy/initstate')).toBe('live');
  });

  it('has the options of a module listed by modinfo', async () => {
    expect((await host.run('modinfo', '-F', 'parmtype', 'nf-conntrack')).stdout).toBe('acct:bool\nhashsize:uint\n');
    expect((await host.run('modinfo', '-F', 'parmtype', 'nosuch')).exit).toBe(1);
  });
});

describe('packages', () => {
  const quiet = ['-qq', '-y', '-o', 'DPkg::Lock::Timeout=60'];

  describe('of the Debian family', () => {
    use('rp01');
    it('are installed, queried and removed; what the distribution does not have is refused', async () => {
      const query = () => host.run('dpkg-query', '-W', '-f', '${Package}', 'numactl', 'kmod');
      expect(await query()).toMatchObject({ exit: 1, stdout: 'kmod:amd64/install ok installed,' });
      expect((await host.run('apt-get', ...quiet, 'install', 'numactl')).exit).toBe(0);
      expect((await query()).stdout).toMatch(/^numactl:amd64.*,kmod:amd64/);
      await host.run('apt-get', ...quiet, 'remove', 'numactl');
      expect((await query()).exit).toBe(1);
      expect(await host.run('apt-get', ...quiet, 'install', 'nosuch')).toMatchObject({
        exit: 100,
        stderr: 'E: Unable to locate package nosuch\n',
      });
    });
  });

  describe('of an RHEL kin', () => {
    use('rp02');
    it('are those of rpm and dnf', async () => {
      const query = () => host.run('rpm', '-q', '--qf', '%{NAME}', 'tuned');
      expect(await query()).toMatchObject({ exit: 1, stdout: 'package tuned is not installed\n' });
      expect((await host.run('dnf', '-q', '-y', 'install', 'tuned')).exit).toBe(0);
      expect(await query()).toMatchObject({ exit: 0, stdout: 'tuned:x86_64/installed,' });
    });
  });
});
