import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLab, type Lab } from './hosts.ts';
import { labProblem } from './need.ts';
import { labPassword } from './spec.ts';
import { brokerNode, computeNode, qemu } from './trees.ts';

/** OpenSSH's own client, so that the lab is judged by something that is not perfplay. */
const ssh = (lab: Lab, name: string, command: string, input = '') => {
  const host = lab.host(name);
  const options = [
    'BatchMode=yes',
    'ConnectTimeout=2',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${lab.knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'IdentitiesOnly=yes',
  ];
  const flags = ['-F', 'none', '-i', lab.key, '-p', String(host.port), ...options.flatMap((option) => ['-o', option])];
  return execa('ssh', [...flags, `${host.user}@${host.address}`, command], { input, reject: false });
};

/** How a TCP connection to the address ends: `connected`, an errno, or `silence` after half a second. */
const knock = (address: string, port = 22): Promise<string> =>
  new Promise((resolve) => {
    const socket = net.connect({ host: address, port, timeout: 500 });
    const end = (how: string): void => {
      socket.destroy();
      resolve(how);
    };
    socket.once('connect', () => end('connected'));
    socket.once('timeout', () => end('silence'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });

/** What hosts of this suite change or lay over, as the machine has it. */
const machineFiles = [
  ...['passwd', 'shadow', 'hosts', 'hostname', 'os-release', 'sudoers'].map((name) => `/etc/${name}`),
  ...['sys/vm/swappiness', 'sys/net/core/somaxconn', 'sys/net/ipv4/tcp_rmem', 'cmdline'].map((name) => `/proc/${name}`),
].filter((file) => existsSync(file));
const machine = (): Record<string, string> =>
  Object.fromEntries(machineFiles.map((file) => [file, readFileSync(file, 'utf8')]));

const title = `real sshd hosts${labProblem === undefined ? '' : ` (skipped: ${labProblem})`}`;
describe.skipIf(labProblem !== undefined)(title, () => {
  let lab: Lab;
  let before: ReturnType<typeof machine>;
  beforeAll(async () => {
    before = machine();
    lab = await startLab([
      { name: 'compute', tree: computeNode(), processes: [qemu('web1', false)], groups: ['kvm'] },
      {
        name: 'rhel',
        shell: 'bash',
        tree: computeNode('rhel'),
        login: { sudo: 'password' },
        groups: ['kvm'],
        port: 2222,
      },
      {
        name: 'broker',
        shell: 'busybox',
        userland: 'busybox',
        tree: brokerNode(),
        login: { sudo: 'none' },
        groups: ['brokers'],
      },
      { name: 'csh', login: { loginShell: 'csh', profile: 'noisy', sudo: 'tty' } },
      { name: 'noisy', login: { profile: 'noisy' } },
      { name: 'exits', login: { profile: 'exits' } },
      { name: 'root', login: { user: 'root' } },
      { name: 'changed', hostKey: 'changed' },
      { name: 'unknown', hostKey: 'unknown' },
      { name: 'refused', down: 'refused' },
      { name: 'silent', down: 'silent' },
      { name: 'unroutable', down: 'unroutable' },
    ]);
  });
  afterAll(() => lab?.stop());

  test.each([
    ['compute', 'dash'],
    ['rhel', 'bash'],
    ['broker', 'busybox'],
  ])('/bin/sh of %s is %s', async (name, shell) => {
    const { stdout } = await ssh(lab, name, `exec /bin/sh -c 'readlink "/proc/$$/exe"; :'`);
    expect(path.basename(stdout)).toBe(shell);
  });

  test('a busybox userland has busybox programs and the real sudo', async () => {
    expect(await lab.host('broker').sh('for name in cat dd; do readlink -f "/usr/bin/$name"; done')).toMatch(
      /^(\S*busybox\n?){2}$/,
    );
    expect(await lab.host('broker').sh('sudo --version')).toContain('Sudo version');
  });

  test('sudo without a password, with one, from a terminal only, and not at all', async () => {
    expect((await ssh(lab, 'compute', 'sudo -n id -u')).stdout).toBe('0');
    expect((await ssh(lab, 'rhel', 'sudo -n id -u')).stderr).toContain('a password is required');
    expect((await ssh(lab, 'rhel', "sudo -S -p '' id -u", `${labPassword}\n`)).stdout).toBe('0');
    expect((await ssh(lab, 'rhel', "sudo -S -p '' id -u", 'wrong\n')).exitCode).toBe(1);
    expect((await ssh(lab, 'csh', '/usr/bin/sudo -n id -u')).stderr).toContain('you must have a tty');
    expect((await ssh(lab, 'broker', "sudo -S -p '' id -u", `${labPassword}\n`)).stderr).toContain(
      'not in the sudoers file',
    );
  });

  test('login shells and their start-up files', async () => {
    expect((await ssh(lab, 'csh', 'if (1) echo $shell')).stdout).toMatch(/^Welcome.*\n\S*tcsh$/);
    const noisy = await ssh(lab, 'noisy', 'echo done; sudo id');
    expect(noisy.stdout).toMatch(/^Welcome.*\ndone\nuse the bastion$/);
    expect(noisy.stderr).toContain('disk 91% full');
    const exits = await ssh(lab, 'exits', 'echo done');
    expect([exits.exitCode, exits.stdout]).toEqual([0, '']);
    expect((await ssh(lab, 'root', 'id -u')).stdout).toBe('0');
  });

  test('a changed and an unknown host key are refused by OpenSSH', async () => {
    expect((await ssh(lab, 'changed', 'true')).stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
    expect((await ssh(lab, 'unknown', 'true')).stderr).toContain('Host key verification failed');
  });

  test('down hosts refuse, stay silent, or have no route', async () => {
    expect(await knock(lab.address('compute'))).toBe('connected');
    expect(await knock(lab.address('refused'))).toBe('ECONNREFUSED');
    expect(await knock(lab.address('silent'))).toBe('silence');
    expect(await knock(lab.address('unroutable'))).toBe('EHOSTUNREACH');
  });

  test('a cut host is silent until it is mended', async () => {
    const host = lab.host('unknown');
    await host.cut();
    expect(await knock(host.address)).toBe('silence');
    await host.mend();
    expect(await knock(host.address)).toBe('connected');
  });

  test('each host has a kernel tree of its own', async () => {
    const governor = '/sys/devices/system/cpu/cpufreq/policy3/scaling_governor';
    expect(await lab.host('compute').read(governor)).toBe('powersave\n');
    expect(await lab.host('broker').read(governor)).toBe('schedutil\n');
    await lab.host('compute').write(governor, 'performance\n');
    expect(await lab.host('rhel').read(governor)).toBe('powersave\n');
    expect(await lab.host('compute').sh('cat /proc/cmdline; uname -r')).toMatch(
      /vmlinuz-5\.4\.0-150-generic .*\n5\.4\.0-150-generic$/,
    );
    expect(await lab.host('broker').sh('. /etc/os-release; echo $ID')).toBe('debian');
  });

  test('links of the tree lead where those of sysfs lead', async () => {
    const compute = lab.host('compute');
    expect(
      await compute.sh('cd /sys/class/net/ens1f0 && echo device/msi_irqs/* && readlink -f device/driver device'),
    ).toBe(
      'device/msi_irqs/40 device/msi_irqs/41 device/msi_irqs/42 device/msi_irqs/43\n/sys/bus/pci/drivers/i40e\n/sys/devices/pci0000:00/0000:00:04.0',
    );
    expect(await compute.sh('cat /sys/block/sda/queue/scheduler; readlink -f /sys/block/sda/device/driver')).toBe(
      '[mq-deadline] none\n/sys/bus/scsi/drivers/sd',
    );
    expect(
      await lab
        .host('broker')
        .sh('readlink -f /sys/block/nvme1n1/device/device; ls /sys/block/nvme1n1/device/device/msi_irqs'),
    ).toBe('/sys/devices/pci0000:00/0000:00:07.0\n59\n60\n61\n62\n63');
    // No link may dangle, lest a reader of the fixture learn what no kernel says.
    for (const host of [compute, lab.host('rhel')])
      expect(await host.sh('find /sys -type l ! -exec test -e {} \\; -print')).toBe('');
    await compute.write('/proc/irq/41/smp_affinity_list', '1\n');
    expect(await compute.read('/proc/irq/41/effective_affinity_list')).toBe('1\n');
  });

  test('what a host writes, the machine does not see', async () => {
    const host = lab.host('compute');
    const created = ['/etc', '/boot', '/usr/local', '/usr/sbin', '/root', '/var/lib/perfplay', '/run', '/tmp', '/home'];
    for (const folder of created) await host.sh('mkdir -p "$1" && echo witness >"$1/perfplay-witness"', folder);
    await host.write('/proc/sys/vm/swappiness', '1\n');
    await host.write('/etc/hosts', '127.0.0.1 localhost changed\n');
    await host.sh('echo x >>/etc/os-release; rm /etc/hostname');
    expect(await host.read('/proc/sys/vm/swappiness')).toBe('1\n');
    expect(created.filter((folder) => existsSync(`${folder}/perfplay-witness`))).toEqual([]);
    expect(await lab.host('rhel').sh('ls /etc/perfplay-witness 2>&1; :')).toContain('No such file');
    expect(machine()).toEqual(before);
  });

  test('net sysctls are the kernel itself, one set a host', async () => {
    const host = lab.host('compute');
    await host.write('/proc/sys/net/ipv4/tcp_rmem', '4096 87380 16777216\n');
    expect((await host.read('/proc/sys/net/ipv4/tcp_rmem')).trim().split(/\s+/)).toEqual(['4096', '87380', '16777216']);
    expect((await lab.host('rhel').read('/proc/sys/net/ipv4/tcp_rmem')).trim()).not.toMatch(/16777216$/);
    await expect(host.sh('echo words | LC_ALL=C dd of=/proc/sys/net/core/somaxconn')).rejects.toThrow(
      'Invalid argument',
    );
    expect(machine()).toEqual(before);
  });

  test('a refused file fails with its errno, for root too', async () => {
    const host = lab.host('rhel');
    await host.refuse('/sys/kernel/mm/ksm/run');
    await expect(host.sh('echo 0 | LC_ALL=C dd of=/sys/kernel/mm/ksm/run')).rejects.toThrow('Read-only file system');
    expect(await host.read('/sys/kernel/mm/ksm/run')).toBe('1\n');
  });

  test('sshd counts connections and sessions', async () => {
    const host = lab.host('noisy');
    await host.clear();
    await ssh(lab, 'noisy', 'true');
    await ssh(lab, 'noisy', 'true');
    expect([await host.connections(), await host.sessions()]).toEqual([2, ['command', 'command']]);
    expect(await host.log()).toContain('Starting session: command for operator');
    await lab.host('changed').clear();
    await ssh(lab, 'changed', 'true');
    expect([await lab.host('changed').connections(), await lab.host('changed').sessions()]).toEqual([1, []]);
  });

  test('the process table has what the host was given, and nothing of the machine', async () => {
    const host = lab.host('compute');
    const found = await host.sh(
      'for p in /proc/[0-9]*; do read -r c <"$p/comm" && [ "$c" = qemu-system-x86 ] && tr "\\0" " " <"$p/cmdline"; done; :',
    );
    expect(found).toContain('-name guest=web1,debug-threads=on');
    expect(found).not.toContain('vhost=on');
    expect(Number(await host.sh('ls -d /proc/[0-9]* | wc -l'))).toBeLessThan(10);
    expect(await lab.host('rhel').sh('cat /proc/[0-9]*/comm')).not.toContain('qemu');
  });

  test('the inventory names every host, its address and its login', () => {
    const { all } = parse(lab.inventory());
    expect(Object.keys(all.hosts)).toContain('silent');
    expect(all.hosts.rhel).toEqual({
      ansible_host: lab.address('rhel'),
      ansible_user: 'operator',
      ansible_port: 2222,
      ansible_become_password: labPassword,
    });
    expect(Object.keys(all.children.kvm.hosts)).toEqual(['compute', 'rhel']);
  });

  test('nothing is left when the process that started a lab is killed', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'perfplay-crash-'));
    const outfile = path.join(folder, 'crash.mjs');
    const contents = `import { startLab } from './hosts.ts';
      const lab = await startLab([{ name: 'only' }]);
      console.log(JSON.stringify({ pid: lab.host('only').pid, address: lab.address('only') }));
      setInterval(() => {}, 1000);`;
    await build({
      stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts' },
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      define: { 'import.meta.dirname': JSON.stringify(import.meta.dirname) },
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    const child = spawn(process.execPath, [outfile], { stdio: ['ignore', 'pipe', 'inherit'] });
    const text = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data: Buffer) => resolve(String(data))),
    );
    const { pid, address } = JSON.parse(text) as { pid: number; address: string };
    expect(await knock(address)).toBe('connected');
    child.kill('SIGKILL');
    await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 3000 }).toBe(false);
    const link = `pplab${address.split('.')[2]}`;
    await expect.poll(() => existsSync(`/sys/class/net/${link}`), { timeout: 3000 }).toBe(false);
    rmSync(folder, { recursive: true });
  });

  test('stop ends every process, interface and folder', async () => {
    const other = await startLab([{ name: 'one' }, { name: 'two', shell: 'bash' }]);
    const { pid, address } = other.host('two');
    await other.host('one').stop();
    expect(await knock(other.address('one'))).not.toBe('connected');
    expect(await knock(address)).toBe('connected');
    await other.stop();
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(existsSync(other.folder)).toBe(false);
    await expect.poll(() => existsSync(`/sys/class/net/pplab${address.split('.')[2]}`), { timeout: 3000 }).toBe(false);
  });

  test('a host that cannot start says why and leaves nothing', async () => {
    await expect(startLab([{ name: 'bad', tree: { '/proc/no-such-file': 'x' } }])).rejects.toThrow(
      'this kernel has no /proc/no-such-file to lay over',
    );
  });
});
