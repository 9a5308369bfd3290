/** What Ansible's modules of the same names take and ours do not, each with the form to write. */

const leaveOut = 'leave it out';
const keepsBefore = 'what was there before is kept in the journal of the run; leave it out';

type Forms = Readonly<Record<string, Readonly<Record<string, string>>>>;

const parameters: Forms = {
  sysctl: {
    name: 'write values: {NAME: value}',
    key: 'write values: {NAME: value}',
    value: 'write values: {NAME: value}',
    val: 'write values: {NAME: value}',
    reload: 'the running value is always written too; leave it out',
    sysctl_set: 'the running value is always written too; leave it out',
    sysctl_file: 'perfplay has a file of its own; leave it out',
    ignoreerrors: 'write unsupported: skip on the task',
  },
  service: {
    daemon_reload: 'write command: {argv: [systemctl, daemon-reload]} as a handler',
    daemon_reexec: 'write command: {argv: [systemctl, daemon-reexec]} as a handler',
    use: leaveOut,
    pattern: leaveOut,
    sleep: leaveOut,
    arguments: 'write them into the unit',
    args: 'write them into the unit',
    runlevel: leaveOut,
    scope: 'units are those of the system; leave it out',
    force: leaveOut,
    no_block: leaveOut,
  },
  command: {
    cmd: 'write argv: [PROGRAM, ARGUMENT, …], or shell: TEXT',
    removes: 'write onlyif: test -e PATH',
    stdin: "write shell: printf '…' | PROGRAM",
    stdin_add_newline: leaveOut,
    strip_empty_ends: leaveOut,
    warn: leaveOut,
    executable: 'write argv: [bash, -c, …]',
    expand_argument_vars: 'write shell: TEXT where variables of the shell are meant',
  },
  file: {
    dest: 'write path',
    name: 'write path',
    src: 'write source for the content; a link is made by command: {argv: [ln, -s, …], creates: …}',
    recurse: 'name each path in a task, or in a loop',
    force: leaveOut,
    follow: leaveOut,
    backup: keepsBefore,
    validate: 'write command: with the program that checks, under notify',
    modification_time: leaveOut,
    access_time: leaveOut,
  },
  template: {
    path: 'write dest',
    backup: keepsBefore,
    force: leaveOut,
    follow: leaveOut,
    validate: 'write command: with the program that checks, under notify',
    newline_sequence: leaveOut,
    output_encoding: 'files are UTF-8; leave it out',
    trim_blocks: leaveOut,
    lstrip_blocks: leaveOut,
  },
  package: { use: leaveOut, pkg: 'write name' },
  wait_for: {
    host: 'a port of the host itself is meant; to ask from another, write delegate_to',
    connect_timeout: leaveOut,
    delay: 'write a task pause: {seconds: …} before it',
    active_connection_states: leaveOut,
    exclude_hosts: leaveOut,
  },
  debug: { verbosity: leaveOut },
  assert: { msg: 'write fail_msg' },
  pause: { echo: leaveOut },
};

const linkForm = 'write command: {argv: [ln, -s, …], creates: …}';
const restartForm = 'write command: {argv: [systemctl, restart, …]} as a handler';

const states: Forms = {
  service: { restarted: restartForm, reloaded: restartForm.replace('restart', 'reload') },
  package: {
    latest: 'versions are not chased: write present, and let the repositories of the host decide',
    installed: 'write present',
    removed: 'write absent',
  },
  file: { touch: 'write file', link: linkForm, hard: linkForm.replace('-s, ', '') },
  kernel_module: { present: 'write loaded', absent: 'write unloaded' },
};

const formIn = (forms: Forms, kind: string, word: string): string | undefined =>
  Object.hasOwn(forms, kind) && Object.hasOwn(forms[kind]!, word) ? forms[kind]![word] : undefined;

/** What to write instead of a parameter of Ansible's. */
export const parameterForm = (kind: string, name: string): string | undefined => formIn(parameters, kind, name);

/** What to write instead of a value of Ansible's. */
export const valueForm = (kind: string, name: string, word: string): string | undefined =>
  name === 'state' ? formIn(states, kind, word) : undefined;
