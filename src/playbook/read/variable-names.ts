/** Names that always mean what perfplay says, whoever defines them. */
const magicNames: ReadonlySet<string> = new Set([
  'inventory_hostname',
  'inventory_hostname_short',
  'groups',
  'group_names',
  'hostvars',
  'play_hosts',
  'ansible_play_hosts',
  'ansible_play_batch',
  'ansible_check_mode',
  'playbook_dir',
  'role_name',
  'role_path',
  'omit',
  'facts',
  'item',
]);

const words = new Set(['true', 'false', 'none', 'True', 'False', 'None', 'and', 'or', 'not', 'in', 'is', 'if', 'else']);

/** Why a name cannot be given to a variable, or undefined. */
export const variableNameProblem = (name: string): string | undefined => {
  if (!/^[A-Za-z_]\w*$/.test(name)) return `'${name}' is no variable name: letters, digits and _ only, no digit first`;
  if (magicNames.has(name)) return `'${name}' is set by perfplay and cannot be a variable's name`;
  return words.has(name) ? `'${name}' is a word of the expression language and cannot be a variable's name` : undefined;
};
