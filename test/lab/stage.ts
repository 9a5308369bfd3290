import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bootFile, bootText } from './boot.ts';
import { loginOf, type HostSpec, type Login } from './spec.ts';
import { writeTree, type Tree } from './tree.ts';

const stubs = path.join(import.meta.dirname, 'stubs');

/** crypt(3) of labPassword. */
const passwordHash =
  '$6$perfplaylab$kc3oo7Z/zmqmkhA.6Ida7pgpWBU0EYqLYEIsT5197R/FW71rVyLuuG3bqH0v3xPe2Lwsbk7oyF5e0lqq7k.UG0';

const shells: Readonly<Record<Login['loginShell'], string>> = {
  sh: '/bin/sh',
  bash: '/bin/bash',
  csh: '/usr/bin/tcsh',
  fish: '/usr/bin/fish',
};

const noisyBash = `echo 'Welcome to the rack. 3 updates can be applied.'
printf '\\033[1mdisk 91%% full\\033[0m\\n' >&2
sudo() { echo 'use the bastion'; }
`;
const noisyCsh = `echo 'Welcome to the rack. 3 updates can be applied.'
sh -c 'echo disk 91% full >&2'
alias sudo 'echo use the bastion'
`;
const noisyFish = `echo 'Welcome to the rack. 3 updates can be applied.'
echo 'disk 91% full' >&2
function sudo; echo 'use the bastion'; end
`;
const startup = (login: Login): string => {
  if (login.profile === 'exits') return 'exit 0\n';
  if (login.profile === 'quiet') return '';
  return { sh: noisyBash, bash: noisyBash, csh: noisyCsh, fish: noisyFish }[login.loginShell];
};

/** Below the home folder. */
const startupFiles: Readonly<Record<Login['loginShell'], string>> = {
  sh: '.bashrc',
  bash: '.bashrc',
  csh: '.cshrc',
  fish: '.config/fish/config.fish',
};

const sudoers = ({ user, sudo }: Login): string => {
  const rule = { none: '', nopasswd: 'NOPASSWD: ', tty: 'NOPASSWD: ', password: '' }[sudo];
  return [
    'Defaults env_reset',
    'Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
    ...(sudo === 'tty' ? ['Defaults requiretty'] : []),
    'root ALL=(ALL:ALL) ALL',
    ...(sudo === 'none' ? [] : [`${user} ALL=(ALL:ALL) ${rule}ALL`]),
    '',
  ].join('\n');
};

/** Users, groups, sudo, and what sshd needs; nothing of the machine's own accounts. */
const accounts = (login: Login, authorizedKey: string): Tree => {
  const shell = shells[login.loginShell];
  const isRoot = login.user === 'root';
  const home = isRoot ? '/root' : `/home/${login.user}`;
  return {
    '/etc/passwd': [
      `root:x:0:0:root:/root:${isRoot ? shell : '/bin/bash'}`,
      'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
      'sshd:x:105:65534::/run/sshd:/usr/sbin/nologin',
      ...(isRoot ? [] : [`${login.user}:x:1000:1000::${home}:${shell}`]),
      '',
    ].join('\n'),
    '/etc/group': `root:x:0:\ntty:x:5:\nshadow:x:42:\nnogroup:x:65534:\n${isRoot ? '' : `${login.user}:x:1000:\n`}`,
    '/etc/shadow': {
      mode: 0o640,
      text: `root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\nsshd:*:19000:0:99999:7:::\n${
        isRoot ? '' : `${login.user}:${passwordHash}:19000:0:99999:7:::\n`
      }`,
    },
    '/etc/gshadow': null,
    '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n',
    '/etc/sudoers': { mode: 0o440, text: sudoers(login) },
    '/etc/sudo.conf': null,
    '/etc/pam.d/sudo': 'auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n',
    [`${home}/.ssh/authorized_keys`]: { mode: 0o600, text: authorizedKey },
    [`${home}/${startupFiles[login.loginShell]}`]: startup(login),
    '/root/.ssh/authorized_keys': { mode: 0o600, text: authorizedKey },
  };
};

const sshdConfig = (spec: HostSpec): string =>
  [
    ...(spec.sshd ?? []),
    `Port ${spec.port ?? 22}`,
    'HostKey /etc/ssh/lab_host_key',
    'LogLevel VERBOSE',
    'UsePAM no',
    'PasswordAuthentication yes',
    'PermitRootLogin prohibit-password',
    'UseDNS no',
    'PrintMotd no',
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n');

/** What a machine may have of its own and no host must inherit. */
const hidden: Tree = Object.fromEntries(
  `default/grub default/grub.d default/irqbalance default/qemu-kvm sysctl.conf sysctl.d tmpfiles.d udev/rules.d modules-load.d modprobe.d
  systemd/system kernel grub.d sysconfig tuned`
    .split(/\s+/)
    .map((name) => [`/etc/${name}`, null]),
);

const stubTree = (hostTree: Tree): Tree => {
  return Object.fromEntries(
    readdirSync(stubs, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(stubs, path.join(entry.parentPath, entry.name)))
      .filter((name) => !(`/${name}` in hostTree))
      .map((name) => [`/${name}`, { mode: 0o755, text: readFileSync(path.join(stubs, name), 'utf8') }]),
  );
};

export interface Keys {
  /** The line for authorized_keys. */
  readonly authorized: string;
  /** The host's private key, PEM. */
  readonly host: string;
}

/** Writes what `host.sh` lays over the machine's files: `files`, `proc`, `net` (real sysctls) and the list of what is `gone`. */
export const stageHost = (folder: string, spec: HostSpec, address: string, keys: Keys): void => {
  const hostTree = spec.tree ?? {};
  const all: Tree = {
    ...hidden,
    ...stubTree(hostTree),
    ...accounts(loginOf(spec), keys.authorized),
    '/etc/ssh/sshd_config': sshdConfig(spec),
    '/etc/ssh/lab_host_key': { mode: 0o600, text: keys.host },
    '/etc/hostname': `${spec.name}\n`,
    '/etc/hosts': `127.0.0.1 localhost\n${address} ${spec.name}\n`,
    '/var/lib/lab/units/': '',
    [bootFile]: bootText(spec.boot),
    ...hostTree,
  };
  const entries = Object.entries(all);
  /** The entries under a prefix, named without it. */
  const part = (prefix: string): Tree =>
    Object.fromEntries(
      entries
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, entry]) => {
          const second = entry !== null && typeof entry === 'object' && 'same' in entry;
          return [name.slice(prefix.length), second ? { same: entry.same.slice(prefix.length) } : entry];
        }),
    );
  const but = (tree: Tree, prefix: string): Tree =>
    Object.fromEntries(Object.entries(tree).filter(([name]) => !name.startsWith(prefix)));
  for (const folderOf of ['files', 'proc', 'net']) mkdirSync(path.join(folder, folderOf));
  writeTree(path.join(folder, 'files'), but(all, '/proc/'));
  writeTree(path.join(folder, 'proc'), but(part('/proc/'), 'sys/net/'));
  writeTree(path.join(folder, 'net'), part('/proc/sys/net/'));
  const gone = entries.flatMap(([name, entry]) => (entry === null ? [`${name}\n`] : []));
  writeFileSync(path.join(folder, 'gone'), gone.join(''));
};
