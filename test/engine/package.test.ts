import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import packageModule from '../../modules/package/index.ts';
import type { Value } from '../../src/inventory/types.ts';
import { createLocalHost, runTasks, type LocalHost } from './local-host.ts';
import { addProgram } from './programs.ts';

/** A package is a file of /packages; a program's call is a line of /calls, its environment before it. */
const record = `echo "$DEBIAN_FRONTEND$ZYPP_LOCK_TIMEOUT \${0##*/} $*" >>"$PERFPLAY_ROOT/calls"\n`;
const dpkgQuery = `#!/bin/sh
shift 3
status=0
for name; do
  if [ -e "$PERFPLAY_ROOT/packages/$name" ]; then printf '%s:amd64/install ok installed,' "$name"; else status=1; fi
done
exit "$status"
`;
const rpm = `#!/bin/sh
shift 3
status=0
for name; do
  if [ -e "$PERFPLAY_ROOT/packages/$name" ]; then printf '%s:x86_64/installed,' "$name"
  else echo "package $name is not installed"; status=$((status + 1)); fi
done
exit "$status"
`;
const manage = `#!/bin/sh
${record}for name; do :; done
[ ! -e "$PERFPLAY_ROOT/breaks" ] || { echo 'Selecting previously unselected package.'; cat "$PERFPLAY_ROOT/breaks" >&2; exit 100; }
case " $* " in
  *' install '*) : >"$PERFPLAY_ROOT/packages/$name" ;;
  *' remove '*) rm -f "$PERFPLAY_ROOT/packages/$name" ;;
esac
exit "$(cat "$PERFPLAY_ROOT/exit" 2>/dev/null || echo 0)"
`;

let host: LocalHost;
// What the program gives, not what the tests are run with.
beforeEach(() => {
  vi.stubEnv('DEBIAN_FRONTEND', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const createHost = (osRelease: string, manager: string, database: readonly [string, string]): void => {
  host = createLocalHost({
    '/etc/os-release': osRelease,
    [`/usr/bin/${manager}`]: '',
    '/packages/kmod': '',
    '/calls': '',
  });
  addProgram(host, manager, manage);
  addProgram(host, ...database);
};
const calls = (): readonly string[] => (host.read('/calls') ?? '').split('\n').filter(Boolean);
const task = (params: Value) => ({ module: packageModule, params });

describe('package on the Debian family', () => {
  afterEach(() => host.dispose());
  const apt =
    'noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=60 -o APT::Cmd::Pattern-Only=true -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold';
  beforeEach(() => createHost('ID=debian\nVERSION_ID="12"\n', 'apt-get', ['dpkg-query', dpkgQuery]));

  it('installs what is missing, one by one, and then nothing', async () => {
    const both = task({ name: ['kmod', 'numactl', 'g++'] });
    expect((await runTasks(host, [both])).tasks).toMatchObject([
      {
        outcome: 'changed',
        pending: [],
        changes: [
          { key: 'package/numactl', before: null, after: 'present', levels: ['running'] },
          { key: 'package/g++', before: null, after: 'present', levels: ['running'] },
        ],
      },
    ]);
    expect(calls()).toEqual([`${apt} install numactl`, `${apt} install g++`]);
    const second = await runTasks(host, [both]);
    expect(second.tasks).toMatchObject([{ outcome: 'ok', changes: [] }]);
    expect(second.asks).toBe(1);
    expect(calls()).toHaveLength(2);
  });

  it('makes the list anew once, and only where something is missing', async () => {
    await runTasks(host, [task({ name: 'kmod', update_cache: true })]);
    expect(calls()).toEqual([]);
    await runTasks(host, [task({ name: ['kmod', 'numactl', 'ethtool'], update_cache: true, recommends: false })]);
    expect(calls()).toEqual([
      `${apt} update`,
      `${apt} install --no-install-recommends numactl`,
      `${apt} install --no-install-recommends ethtool`,
    ]);
  });

  it('removes', async () => {
    const away = task({ name: ['kmod', 'numactl'], state: 'absent' });
    expect((await runTasks(host, [away])).tasks).toMatchObject([
      { outcome: 'changed', changes: [{ key: 'package/kmod', before: 'present', after: null }] },
    ]);
    expect(calls()).toEqual([`${apt} remove kmod`]);
  });

  it('runs nothing but queries in check mode', async () => {
    const { tasks } = await runTasks(host, [task({ name: 'numactl', update_cache: true })], { check: true });
    expect(tasks).toMatchObject([{ outcome: 'changed', changes: [{ key: 'package/numactl' }] }]);
    expect(calls()).toEqual([]);
  });

  it('fails with the words of apt, not with its chatter', async () => {
    host.write('/breaks', 'E: Unable to locate package numactl\n');
    const { tasks } = await runTasks(host, [task({ name: 'numactl' })]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'error' }]);
    expect(tasks[0]?.message).toContain('E: Unable to locate package numactl');
  });

  it('does not install where the list cannot be made anew', async () => {
    host.write('/breaks', 'E: The repository has no Release file.\n');
    const { tasks } = await runTasks(host, [task({ name: 'numactl', update_cache: true })]);
    expect(tasks[0]?.message).toContain('no Release file');
    expect(calls()).toEqual([`${apt} update`]);
  });

  it('is ineffective where a name stands for another package', async () => {
    addProgram(host, 'apt-get', '#!/bin/sh\nexit 0\n');
    const { tasks } = await runTasks(host, [task({ name: 'awk' })]);
    expect(tasks).toMatchObject([{ outcome: 'failed', reason: 'ineffective' }]);
  });
});

describe('package on other families', () => {
  afterEach(() => host.dispose());

  it('calls dnf', async () => {
    createHost('ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'dnf', ['rpm', rpm]);
    await runTasks(host, [
      task({ name: 'numactl', update_cache: true, recommends: true }),
      task({ name: 'kmod', state: 'absent' }),
    ]);
    expect(calls()).toEqual([
      ' dnf -q -y makecache',
      ' dnf -q -y install --setopt=install_weak_deps=True numactl',
      ' dnf -q -y remove kmod',
    ]);
  });

  it('calls zypper, for which a reboot that would be well is no failure', async () => {
    createHost('ID="sles"\nID_LIKE="suse"\n', 'zypper', ['rpm', rpm]);
    host.write('/exit', '102');
    const { tasks } = await runTasks(host, [task({ name: 'numactl', update_cache: true })]);
    expect(tasks).toMatchObject([{ outcome: 'changed' }]);
    expect(calls()).toEqual([
      '60 zypper --non-interactive --quiet refresh',
      '60 zypper --non-interactive --quiet install --name --auto-agree-with-licenses numactl',
    ]);
    host.write('/exit', '104');
    expect((await runTasks(host, [task({ name: 'numad' })])).tasks).toMatchObject([
      { outcome: 'failed', reason: 'error' },
    ]);
  });
});

describe('package parameters', () => {
  const problems = (want: Parameters<NonNullable<typeof packageModule.check>>[0]) => packageModule.check?.(want) ?? [];

  it('takes names, and nothing that a package manager would take for more', () => {
    const good = [
      'm4',
      'g++',
      'libnuma1:i386',
      'glibc.i686',
      'python3.11',
      'R',
      'linux-tools-5.15.0-126-generic',
      'NetworkManager',
    ];
    expect(problems({ name: good })).toEqual([]);
    const bad = [
      '-y',
      'foo-',
      'foo=1.2',
      'foo*',
      '@core',
      '/usr/bin/awk',
      'a b',
      '',
      'foo;reboot',
      'foo/bookworm',
      '~i',
      '^foo',
    ];
    expect(problems({ name: bad }).map(({ message }) => message.split(' is no')[0])).toEqual(bad);
    expect(problems({ name: 'foo=1.2' })).toMatchObject([{ hint: expect.stringContaining('versions') }]);
  });

  it('knows what goes with installing alone', () => {
    expect(
      problems({ name: 'foo', state: 'absent', update_cache: false, recommends: true }).map(({ param }) => param),
    ).toEqual(['update_cache', 'recommends']);
  });
});
