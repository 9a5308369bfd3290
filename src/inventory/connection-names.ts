import { nearest } from '../diagnostics.ts';

/** What is wrong with one connection variable. */
export interface ConnectionProblem {
  readonly variable: string;
  readonly severity: 'error' | 'warning';
  readonly code: 'bad-connection-variable' | 'unsupported-connection-variable' | 'unknown-connection-variable';
  readonly message: string;
  readonly hint?: string;
}

/** Ansible's older names stand behind the newer ones and win over them, as in Ansible. */
export const variables = {
  connection: ['ansible_connection'],
  address: ['ansible_host', 'ansible_ssh_host'],
  port: ['ansible_port', 'ansible_ssh_port'],
  user: ['ansible_user', 'ansible_ssh_user'],
  password: ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'],
  privateKeyFile: ['ansible_private_key_file', 'ansible_ssh_private_key_file'],
  commonArguments: ['ansible_ssh_common_args'],
  extraArguments: ['ansible_ssh_extra_args'],
  become: ['ansible_become'],
  becomeUser: ['ansible_become_user', 'ansible_sudo_user'],
  becomeMethod: ['ansible_become_method'],
  becomePassword: ['ansible_become_password', 'ansible_become_pass', 'ansible_sudo_pass'],
  knownHostsFile: ['perfplay_known_hosts'],
  root: ['perfplay_root'],
  write: ['perfplay_write'],
  path: ['perfplay_path'],
} as const;

/** The variables that say how a host is reached; their values may be templates and are rendered before they are used. */
export const connectionVariables: ReadonlySet<string> = new Set(Object.values(variables).flat());

/** Their values and lines never appear in errors. */
export const secretVariables: ReadonlySet<string> = new Set([...variables.password, ...variables.becomePassword]);

/** Would change how a host is reached, and cannot be done: silence would be a lie. */
const unsupported: Readonly<Record<string, string>> = {
  ansible_become_exe: 'sudo is found in the PATH of the target',
  ansible_become_flags: 'sudo gets the flags it needs',
  ansible_sudo_exe: 'sudo is found in the PATH of the target',
  ansible_sudo_flags: 'sudo gets the flags it needs',
  ansible_ssh_args: 'write ansible_ssh_common_args',
  ansible_ssh_executable: 'write what it is for into ~/.ssh/config, which is read',
  ansible_ssh_pkcs11_provider: 'load the key into ssh-agent',
  ansible_ssh_private_key: 'write ansible_ssh_private_key_file, or load the key into ssh-agent',
  ansible_private_key: 'write ansible_ssh_private_key_file, or load the key into ssh-agent',
  ansible_ssh_private_key_passphrase: 'load the key into ssh-agent',
  ansible_private_key_passphrase: 'load the key into ssh-agent',
};

const hostKeyChecking = new Set(['ansible_host_key_checking', 'ansible_ssh_host_key_checking']);

/** Ansible's own, without a meaning here: known so that no near name is suggested for them. */
const harmless: ReadonlySet<string> = new Set([
  'ansible_python_interpreter',
  'ansible_shell_type',
  'ansible_shell_executable',
  'ansible_remote_tmp',
  'ansible_timeout',
  'ansible_ssh_timeout',
  'ansible_ssh_retries',
  'ansible_pipelining',
  'ansible_ssh_pipelining',
  'ansible_ssh_transfer_method',
  'ansible_scp_if_ssh',
  'ansible_scp_extra_args',
  'ansible_sftp_extra_args',
  'ansible_ssh_use_tty',
  'ansible_control_path',
  'ansible_control_path_dir',
]);

/** What is wrong with a variable because of its name alone: one that Ansible would heed and perfplay cannot, or a misspelt one. */
export const checkVariableName = (variable: string): ConnectionProblem | undefined => {
  const hint = Object.hasOwn(unsupported, variable) ? unsupported[variable] : undefined;
  if (hint) {
    const message = `${variable} is not supported`;
    return { variable, severity: 'error', code: 'unsupported-connection-variable', message, hint };
  }
  if (hostKeyChecking.has(variable))
    return {
      variable,
      severity: 'warning',
      code: 'unsupported-connection-variable',
      message: `${variable} is ignored: host keys are always checked`,
      hint: 'perfplay trust HOST records the key of a new host',
    };
  const ours = variable.startsWith('perfplay_');
  if (connectionVariables.has(variable) || harmless.has(variable) || !(ours || variable.startsWith('ansible_')))
    return undefined;
  const near = nearest(variable, [...connectionVariables, ...harmless]);
  if (!near && !ours) return undefined;
  return {
    variable,
    severity: ours ? 'error' : 'warning',
    code: 'unknown-connection-variable',
    message: `${variable} means nothing to perfplay`,
    ...(near && { hint: `did you mean ${near}?` }),
  };
};
