const vault = 'secrets are given with -e @file, or asked for with -K';
/** What to write instead of options of ansible-playbook that there are not. */
const instead: Readonly<Record<string, string>> = {
  '--verbose': '--diff shows values in full, --output json all that a run knows',
  '--syntax-check': 'perfplay validate SITE',
  '--step': 'perfplay plan SITE shows what would be done',
  '--start-at-task': 'give the tasks a tag, and name it with -t',
  '--conn-pass-file': '--connection-password-file FILE',
  '--become-pass-file': '--become-password-file FILE',
  '--become-user': '-e ansible_become_user=NAME',
  '--become-method': 'perfplay becomes another user by sudo only',
  '-c': '-e ansible_connection=local',
  '--connection': '-e ansible_connection=local',
  '--private-key': '-e ansible_ssh_private_key_file=FILE',
  '--key-file': '-e ansible_ssh_private_key_file=FILE',
  '--ssh-common-args': '-e ansible_ssh_common_args="…"',
  '--ssh-extra-args': '-e ansible_ssh_extra_args="…"',
  '-T': '--timeout SECONDS',
  '--force-handlers': 'put what must be done in any case into always: of a block',
  '--flush-cache': 'nothing is kept between runs',
  '--ask-vault-pass': vault,
  '--ask-vault-password': vault,
  '--vault-password-file': vault,
  '--vault-id': vault,
};

/** A hint below what commander says of a command line; empty where it knows better. */
export const ansibleHint = (said: string): string => {
  const written = /unknown option '([\w-]+)/.exec(said)?.[1] ?? '';
  const option = /^-v+$/.test(written) ? '--verbose' : written;
  return Object.hasOwn(instead, option) ? `  hint: ${instead[option]}\n` : '';
};
