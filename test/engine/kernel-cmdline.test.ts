import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import kernelCmdline from '../../modules/kernel_cmdline/index.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';
import { addProgram } from './programs.ts';

const capped = { module: kernelCmdline, params: { present: ['intel_idle.max_cstate=1', 'processor.max_cstate=1'] } };
const cmdline =
  'BOOT_IMAGE=/boot/vmlinuz-6.1 root=UUID=1 ro console=tty0 quiet splash intel_idle.max_cstate=1 processor.max_cstate=1\n';

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost();
});
afterEach(() => host.dispose());

describe('kernel_cmdline through the engine', () => {
  it('is changed and pending, then ok and pending, and ok after the boot', async () => {
    const first = await runTasks(host, [capped]);
    expect(first.tasks).toMatchObject([{ outcome: 'changed', pending: ['reboot'] }]);
    expect(first.tasks[0]?.changes.map(({ key, before, after, levels }) => ({ key, before, after, levels }))).toEqual([
      { key: 'kernel_cmdline/intel_idle.max_cstate', before: null, after: 'intel_idle.max_cstate=1', levels: ['boot'] },
      { key: 'kernel_cmdline/processor.max_cstate', before: null, after: 'processor.max_cstate=1', levels: ['boot'] },
    ]);
    expect(host.read('/boot/grub/grub.cfg')).toContain(
      'ro console=tty0 quiet splash intel_idle.max_cstate=1 processor.max_cstate=1\n',
    );
    expect(host.read('/boot/grub/grub.cfg')).toMatch(/single console=tty0\n/);
    expect(first.asks).toBe(2);

    const second = await runTasks(host, [capped]);
    expect(second.tasks).toMatchObject([{ outcome: 'ok', pending: ['reboot'], changes: [] }]);
    expect(second.asks).toBe(1);

    host.write('/proc/cmdline', cmdline);
    const third = await runTasks(host, [capped]);
    expect(third.tasks).toMatchObject([{ outcome: 'ok', pending: [], changes: [] }]);
  });

  it('is ineffective where the kernel ignored what stands on its line', async () => {
    await runTasks(host, [capped]);
    host.write('/proc/cmdline', cmdline);
    host.write('/sys/module/intel_idle/parameters/max_cstate', '9\n');
    const { tasks } = await runTasks(host, [capped]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'ineffective' }]);
    expect(tasks[0]?.message).toContain('max_cstate is 9');
  });

  it('removes an argument, and takes back what it kept', async () => {
    const quiet = { module: kernelCmdline, params: { absent: ['quiet'] } };
    await runTasks(host, [quiet]);
    expect(host.read('/boot/grub/grub.cfg')).toContain('ro console=tty0 splash\n');
    const removed = await runTasks(host, [{ ...quiet, more: { absent: true } }]);
    expect(removed.tasks).toMatchObject([{ outcome: 'changed', pending: ['reboot'] }]);
    expect(host.read('/etc/default/grub.d/zz-perfplay.cfg')).toBeUndefined();
    expect(host.read('/boot/grub/grub.cfg')).toContain('quiet splash\n');
  });

  describe('is kept for kernels that are installed later too', () => {
    const own = '/etc/default/grub.d/zz-perfplay.cfg';
    const keys = async () => {
      const { tasks } = await runTasks(host, [capped], { check: true });
      return tasks[0]?.changes.map(({ key, levels }) => `${key} ${levels.join()}`);
    };
    beforeEach(() => runTasks(host, [capped]));

    it('so a line of ours that is gone is named, though the menu still has it', async () => {
      const text = host.read(own)!;
      host.write(own, text.replace(/^# perfplay set processor.*\n/m, ''));
      expect(await keys()).toEqual(['kernel_cmdline/processor.max_cstate boot']);
      host.remove(own);
      expect(await keys()).toHaveLength(2);
      const { tasks } = await runTasks(host, [capped]);
      expect(tasks).toMatchObject([
        { outcome: 'changed', warnings: [expect.stringContaining('a kernel that is installed later')] },
      ]);
      expect(host.read(own)).toBe(text);
      expect(await keys()).toEqual([]);
    });

    it('by somebody else’s file as well', async () => {
      host.remove(own);
      const words = capped.params.present.join(' ');
      host.write(
        '/etc/default/grub.d/50-other.cfg',
        `GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT ${words}"\n`,
      );
      expect(await keys()).toEqual([]);
      host.write('/etc/default/grub.d/60-lost.cfg', 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n');
      expect(await keys()).toHaveLength(2);
    });

    it('and nothing is said of what only a shell could tell', async () => {
      host.remove(own);
      host.write('/etc/default/grub.d/50-other.cfg', 'GRUB_CMDLINE_LINUX_DEFAULT="$(cat /etc/arguments)"\n');
      expect(await keys()).toEqual([]);
    });
  });

  it('replaces where it stood what recovery entries have too, and adds nothing to them', async () => {
    const console = { module: kernelCmdline, params: { present: ['console=tty0', 'console=ttyS0', 'nosoftlockup'] } };
    await runTasks(host, [console]);
    expect(host.read('/boot/grub/grub.cfg')).toMatch(/ro +console=tty0 console=ttyS0 quiet splash nosoftlockup\n/);
    expect(host.read('/boot/grub/grub.cfg')).toMatch(/single +console=tty0 console=ttyS0\n/);
  });

  it('leaves everything as it was when the menu cannot be generated, and names why', async () => {
    const before = host.read('/boot/grub/grub.cfg');
    host.write('/grub-mkconfig-fails', '');
    const { tasks } = await runTasks(host, [capped]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'error' }]);
    expect(tasks[0]?.message).toContain('grub-mkconfig: syntax error');
    expect(host.read('/boot/grub/grub.cfg')).toBe(before);
    expect(host.read('/etc/default/grub.d/zz-perfplay.cfg')).toBeUndefined();
  });

  describe('tells what is wrong with a menu in the words of who found it', () => {
    const own = '/etc/default/grub.d/zz-perfplay.cfg';
    const failing = async (mkconfig: string) => {
      await runTasks(host, [capped]);
      const before = [host.read('/boot/grub/grub.cfg'), host.read(own)];
      addProgram(host, 'grub-mkconfig', mkconfig);
      const more = { module: kernelCmdline, params: { present: ['quiet', 'nohz=off'] } };
      const { tasks } = await runTasks(host, [capped, more]);
      expect([host.read('/boot/grub/grub.cfg'), host.read(own)]).toEqual(before);
      expect(readdirSync(path.join(host.root, 'boot/grub')).toSorted()).toEqual([
        'grub.cfg',
        'grub.cfg.perfplay-backup',
      ]);
      return tasks.at(-1)?.message;
    };
    const begun =
      "echo 'Generating grub configuration file ...' >&2; exec >\"$2.new\"; echo '### BEGIN /etc/grub.d/20_none ###'; echo; echo '### END /etc/grub.d/20_none ###'; echo '### BEGIN /etc/grub.d/99_lab ###'";

    it('names the script of grub.d that fails without a word', async () => {
      expect(await failing(`#!/bin/sh\n${begun}\nexit 7\n`)).toMatch(
        /: grub-mkconfig: exit code 7 \(mend \/etc\/grub\.d\/99_lab\); \/boot\/grub\/grub\.cfg is the old one$/,
      );
    });

    it('names the script of grub.d that wrote what GRUB cannot read', async () => {
      addProgram(
        host,
        'grub-script-check',
        '#!/bin/sh\ntext=$(cat "$@")\n[ -n "$text" ] && ! echo "$text" | grep -q bad\n',
      );
      const menu = `#!/bin/sh\n${begun}\necho bad\necho '### END /etc/grub.d/99_lab ###'
echo 'Found linux image: /boot/vmlinuz' >&2\necho 'Syntax errors are detected' >&2\nexit 1\n`;
      expect(await failing(menu)).toMatch(
        /: grub-mkconfig: Syntax errors are detected \(mend \/etc\/grub\.d\/99_lab\);/,
      );
    });

    it('gives the whole of what a shell says of a file', async () => {
      const words = '/etc/default/grub.d/a.cfg: 1: Syntax error: Unterminated quoted string';
      expect(
        await failing(`#!/bin/sh\necho 'Generating grub configuration file ...'\necho '${words}' >&2\nexit 2\n`),
      ).toContain(`: grub-mkconfig: ${words}; /boot/grub/grub.cfg is the old one`);
    });

    it('says so where nothing can be written beside the old one', async () => {
      host.write('/boot/grub/grub.cfg.perfplay/x', '');
      const { tasks } = await runTasks(host, [capped]);
      expect(tasks.at(-1)?.message).toMatch(
        /: \/boot\/grub cannot be written: dd: .*; \/boot\/grub\/grub\.cfg is the old one/,
      );
      expect(host.read(own)).toBeUndefined();
    });
  });

  it('begins anew where an earlier run left its parts behind', async () => {
    host.write('/boot/grub/grub.cfg.perfplay', 'half');
    host.write('/boot/grub/grub.cfg.perfplay.new', 'half');
    const { tasks } = await runTasks(host, [capped]);
    expect(tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(host.read('/boot/grub/grub.cfg.perfplay')).toBeUndefined();
    expect(host.read('/boot/grub/grub.cfg.perfplay.new')).toBeUndefined();
  });

  it('waits for another run that is at the menu', async () => {
    host.write('/run/perfplay-grub.lock', '');
    const holder = spawn('flock', [path.join(host.root, 'run/perfplay-grub.lock'), 'sleep', '2']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const started = Date.now();
    const { tasks } = await runTasks(host, [capped]);
    expect(tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(Date.now() - started).toBeGreaterThan(1000);
    holder.kill();
  });

  it('fails where a later file of grub.d undoes it', async () => {
    host.write('/etc/default/grub.d/zzz-other.cfg', 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n');
    const { tasks } = await runTasks(host, [capped]);
    expect(tasks).toMatchObject([{ outcome: 'failed' }]);
    expect(tasks[0]?.message).toContain('a later file of grub.d undoes it');
  });

  it('judges only the entries of this system, wherever its boot files lie', async () => {
    const foreign = [
      '### BEGIN /etc/grub.d/30_os-prober ###',
      "menuentry 'Another system' {",
      '\tlinux /boot/vmlinuz-of-another-disk root=/dev/sdb1 ro',
      '}',
      '### END /etc/grub.d/30_os-prober ###',
    ].join('\n');
    const own = '### BEGIN /etc/grub.d/10_linux ###';
    const stub = `#!/bin/sh
. "$PERFPLAY_ROOT/etc/default/grub"
for f in "$PERFPLAY_ROOT"/etc/default/grub.d/*.cfg; do [ ! -e "$f" ] || . "$f"; done
{
  echo '${own}'
  echo "menuentry 'Debian' {"
  echo "	linux /@/boot/vmlinuz-6.1 root=UUID=1 ro $GRUB_CMDLINE_LINUX_DEFAULT"
  echo '}'
  echo '### END /etc/grub.d/10_linux ###'
  echo "${foreign}"
} >"$2"
`;
    host.write(
      '/boot/grub/grub.cfg',
      "menuentry 'Debian' {\n\tlinux /@/boot/vmlinuz-6.1 root=UUID=1 ro quiet splash\n}\n",
    );
    writeFileSync(path.join(path.dirname(host.root), 'bin', 'grub-mkconfig'), stub);
    const { tasks } = await runTasks(host, [capped]);
    expect(tasks).toMatchObject([{ outcome: 'changed', pending: ['reboot'] }]);
    expect((await runTasks(host, [capped])).tasks).toMatchObject([{ outcome: 'ok' }]);
  });

  it('writes nothing in check mode and says what it would do', async () => {
    const before = host.read('/boot/grub/grub.cfg');
    const { tasks, asks } = await runTasks(host, [capped], { check: true });
    expect(tasks).toMatchObject([{ outcome: 'changed', pending: ['reboot'] }]);
    expect(tasks[0]?.changes).toHaveLength(2);
    expect(asks).toBe(1);
    expect(host.read('/boot/grub/grub.cfg')).toBe(before);
    expect(host.read('/var/lib/perfplay/journal/test-1.json')).toBeUndefined();
  });

  it('writes the journal before anything else', async () => {
    await runTasks(host, [capped]);
    const journal = JSON.parse(host.read('/var/lib/perfplay/journal/test-1.json') ?? '');
    expect(journal).toMatchObject({ version: 1, run: 'test', host: 'local' });
    const line = (name: string) => ({ at: { kind: 'store', store: 'kernel-arg', name }, before: null });
    expect(journal.changes).toMatchObject([
      line('intel_idle.max_cstate'),
      line('processor.max_cstate'),
      { at: { kind: 'file', path: '/etc/default/grub.d/zz-perfplay.cfg' }, before: null, by: 'kernel-arg' },
    ]);
  });

  it('refuses two tasks that want different values, before any write', async () => {
    const other = { module: kernelCmdline, params: { present: ['intel_idle.max_cstate=2'] } };
    const { tasks } = await runTasks(host, [capped, other]);
    expect(tasks.at(-1)).toMatchObject({ outcome: 'failed', reason: 'conflict' });
    expect(tasks.at(-1)?.message).toMatch(/site\.yml:1 and site\.yml:2/);
    expect(host.read('/etc/default/grub.d/zz-perfplay.cfg')).toBeUndefined();
  });
});
