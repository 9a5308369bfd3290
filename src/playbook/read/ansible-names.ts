import { nearest } from '../../diagnostics.ts';

/** Ansible's modules that perfplay has under another name, with other parameters, or not at all; each with the form to write. */

const shell = 'write command: {shell: "…"}, with creates, unless or onlyif to say when it is needed';
const packages = 'write package: {name: …, state: …}';
const lines =
  'write config_file: {path: …, values: {KEY: value}} for KEY=value and INI files, or file: with the whole content';
const facts = 'facts are always known: facts.os.id, facts.cpu.count and so on; leave the task out';
const files = 'write file: {path: …, state: …, mode: …}';
const upload = 'write file: {path: …, content: …} or file: {path: …, source: …}';
const ahead = 'tasks and roles are read before the run, so their names cannot depend on a host';
const lists = 'modules set what makes hosts fast: this is done by other means, or by command: {argv: […]}';

const forms: Readonly<Record<string, string>> = {
  sysctl: 'write sysctl: {values: {NAME: value}}; name and value become the key and value of the map',
  modprobe:
    'write kernel_module: {name: …, state: loaded, options: {…}}; state: present becomes loaded, absent unloaded, params options',
  kernel_blacklist: 'write kernel_module: {name: …, state: blacklisted}',
  copy: `${upload}; dest becomes path, src becomes source`,
  lineinfile: lines,
  blockinfile: lines,
  replace: lines,
  ini_file:
    'write config_file: {path: …, format: ini, section: …, values: {OPTION: value}}; several options are one map',
  assemble: upload,
  fetch: 'hosts are read by modules only: register a command that prints the file',
  slurp: 'hosts are read by modules only: register a command that prints the file',
  find: 'register a command that prints the names',
  stat: "guards ask such things: command's creates, or a registered command",
  synchronize: upload,
  unarchive: 'write command: {argv: [tar, …], creates: …}',
  get_url: 'write command: {argv: [curl, -o, FILE, URL], creates: FILE}',
  uri: 'write command: {argv: [curl, …]}, with delegate_to where another host shall ask',
  acl: files,
  tempfile: files,
  apt: packages,
  yum: packages,
  dnf: packages,
  dnf5: packages,
  zypper: packages,
  apt_key: packages,
  apt_repository: 'write file: {path: /etc/apt/sources.list.d/…, content: …}',
  yum_repository: 'write file: {path: /etc/yum.repos.d/…, content: …}',
  rpm_key: packages,
  pip: 'write command: {argv: [pip, install, …], unless: …}',
  snap: 'write command: {argv: [snap, install, …], unless: …}',
  systemd: 'write service: {name: …, state: …, enabled: …, masked: …}',
  systemd_service: 'write service: {name: …, state: …, enabled: …, masked: …}',
  sysvinit: 'write service: {name: …, state: …, enabled: …}',
  service_facts: 'register a command: {argv: [systemctl, is-active, …]}',
  package_facts: facts,
  setup: facts,
  gather_facts: facts,
  shell,
  raw: shell,
  script: 'write file: with source and mode, then command: {argv: [PATH]}',
  expect: shell,
  include_role: `write import_role: {name: …}; ${ahead}`,
  include_tasks: `write import_tasks: FILE; ${ahead}`,
  include: `write import_tasks: FILE; ${ahead}`,
  include_vars: 'write vars_files on the play, or vars',
  set_stats: 'write set_fact: {…}; a value for all hosts belongs to vars',
  add_host: 'hosts are those of the inventory: it may be a program that prints them',
  group_by: 'groups are those of the inventory; use when: with facts',
  validate_argument_spec: 'write assert: {that: […]}',
  async_status: 'long commands need no polling; leave it out',
  wait_for_connection: 'perfplay waits for hosts by itself; leave it out',
  ping: 'run perfplay ping PATTERN',
  known_hosts: 'run perfplay trust HOST',
  user: lists,
  group: lists,
  authorized_key: lists,
  cron: 'write file: {path: /etc/cron.d/…, content: …}',
  at: lists,
  mount: 'write command: {argv: [mount, …], unless: …}, and the line of /etc/fstab with file:',
  filesystem: lists,
  lvol: lists,
  lvg: lists,
  parted: lists,
  hostname: 'write command: {argv: [hostnamectl, set-hostname, …], unless: …}',
  timezone: 'write command: {argv: [timedatectl, set-timezone, …], unless: …}',
  locale_gen: lists,
  iptables: lists,
  firewalld: lists,
  ufw: lists,
  seboolean: 'write command: {argv: [setsebool, -P, …], unless: …}',
  selinux: 'write config_file: {path: /etc/selinux/config, values: {SELINUX: …}}',
  sefcontext: lists,
  git: 'write command: {argv: [git, clone, …], creates: …}',
  subversion: 'write command: {argv: [svn, checkout, …], creates: …}',
  dpkg_selections: 'write command: {argv: [apt-mark, hold, …], unless: …}',
  docker_container: lists,
  getent: 'register a command: {argv: [getent, …]}',
  pam_limits: 'write file: {path: /etc/security/limits.d/…, content: …}',
  alternatives: lists,
  debconf: lists,
  dconf: lists,
  tuned: 'write service: {name: tuned, state: …}; what its profile sets has modules here',
  grub: 'write kernel_cmdline: {present: […]}',
  kernel_args: 'write kernel_cmdline: {present: […]}',
};

/** Actions of ours that Ansible writes with its collection before them. */
const keywords = new Set(['import_tasks', 'import_role', 'import_playbook', 'meta']);

const collection =
  /^(?:ansible\.(?:builtin|legacy|posix|utils|windows|netcommon)|community\.\w+|containers\.\w+|\w+\.\w+)\.(\w+)$/;

/** A module's name without its collection. */
export const shortName = (name: string): string => collection.exec(name)?.[1] ?? name;

/** What to write instead of a module that does not exist here; undefined where nothing is near. */
export const moduleHint = (name: string, known: Iterable<string>): string | undefined => {
  const names = [...known];
  const short = shortName(name);
  if (keywords.has(short) && short !== name) return `write ${short}: names have one word here`;
  if (Object.hasOwn(forms, short)) return forms[short];
  if (short !== name && names.includes(short)) return `write ${short}: modules have one word here`;
  const near = nearest(short, names);
  return near === undefined ? undefined : `did you mean '${near}'?`;
};

/** Whether Ansible has a module of this name that perfplay has not. */
export const isAnsibleModule = (name: string): boolean => Object.hasOwn(forms, shortName(name));
