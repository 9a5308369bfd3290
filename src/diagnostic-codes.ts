/** What each diagnostic means and what to do about it; `perfplay doc --errors` and docs/errors.md are made of it. */
export interface Explanation {
  readonly meaning: string;
  readonly remedy: string;
}

const explain = (meaning: string, remedy: string): Explanation => ({ meaning, remedy });

/** Codes are stable: scripts and people search for them. */
export const diagnosticCodes = {
  'alias-cycle': explain('A YAML alias stands inside the value that it repeats.', 'Write the value out.'),
  'alias-expansion': explain(
    'YAML aliases make a small file into a huge one.',
    'Write out what is needed; half a million values is the limit.',
  ),
  'bad-connection-variable': explain(
    'An `ansible_*` or `perfplay_*` variable has a value that it cannot have.',
    'The message says what it takes.',
  ),
  'bad-expression': explain('A Jinja expression or template is malformed.', 'The caret stands where it went wrong.'),
  'bad-group-name': explain('A group has no name.', 'Give it one before the colon.'),
  'bad-host-name': explain(
    'A host name or a range in it is malformed: `[01:12]`, `[1:9:2]` and `[a:f]` are ranges.',
    'Write the lower end first, both ends of equal width, and `[address]:port` for IPv6.',
  ),
  'bad-key': explain('A key of a YAML map is a list or a map.', 'Quote a template at the beginning of a value.'),
  'bad-merge': explain('`<<` takes a map or a list of maps.', 'Give it an alias of a map.'),
  'bad-name': explain(
    'A variable name has other signs than letters, digits and `_`, or is a word of the language.',
    'Choose another name.',
  ),
  'bad-pattern': explain(
    'A host pattern is malformed.',
    'Patterns are names, globs, `~regex`, `group[0]`, joined by `:` or `,`, with `&` and `!`.',
  ),
  'bad-subscript': explain(
    '`group[3]` asks for a host that the group does not have.',
    'Count from 0; `[-1]` is the last.',
  ),
  'bad-tag': explain('A YAML tag says another type than the value has.', 'Leave the tag out or change the value.'),
  'bad-value': explain(
    'An expression or an inventory file has a value that cannot be used so.',
    'The message says why.',
  ),
  canary: explain(
    'A play that can keep hosts from booting would begin with many of them at once.',
    '`serial: [1, 100%]` tries one host first; `--no-canary` says that you know.',
  ),
  'duplicate-handler': explain(
    'Two handlers of a play have one name.',
    'Give each its own; `listen` lets several hear one topic.',
  ),
  'duplicate-key': explain(
    'A key stands twice in one map: the first would be lost without a word.',
    'Remove one of them.',
  ),
  'empty-inventory': explain(
    'A folder given with `-i` holds no inventory.',
    'Name the file, or put one into the folder.',
  ),
  'empty-key': explain('A YAML key is missing before the colon.', 'Write it.'),
  'empty-playbook': explain('A playbook has no plays.', 'Begin with `- name: …` and `hosts: …`.'),
  'empty-role': explain('A role has none of the files that make one.', 'Write `tasks/main.yml` in its folder.'),
  'expression-too-large': explain(
    'An expression runs too long, nests too deeply or makes too much text.',
    'It was stopped; make it smaller.',
  ),
  'extra-vars': explain('`-e` is not `name=value`, `{…}` or `@file`.', 'Write it in one of these forms.'),
  'file-too-large': explain(
    'A file of the controller is larger than may be sent through a shell.',
    'Bring it to the host in another way.',
  ),
  'free-form': explain('A module has `k=v` text instead of a map of parameters.', 'The hint has the map.'),
  'group-cycle': explain('A group is its own descendant.', 'Remove one of the children.'),
  'ignored-file': explain('Two files could hold the variables of one group or host.', 'Keep the one that is meant.'),
  'import-circle': explain('A file imports itself, directly or through others.', 'Break the circle.'),
  'ini-syntax': explain(
    'A line of an INI inventory is malformed.',
    'Lines are `[section]`, hosts with `key=value`, or variables.',
  ),
  interrupted: explain('The program was interrupted while it asked something.', 'Call it again.'),
  lab: explain(
    'The embedded lab cannot do what it was asked.',
    'The message says why; `perfplay lab status` shows it.',
  ),
  'misplaced-ungrouped': explain('`ungrouped` is made a child or has children.', 'Leave it out: it fills itself.'),
  'missing-file': explain('A file that is named does not exist.', 'The message says where it was looked for.'),
  'missing-key': explain('A key that must be there is not.', 'Add it.'),
  'missing-parameter': explain('A module lacks a parameter that it needs.', '`perfplay doc MODULE` lists them.'),
  'missing-role': explain('A role has no folder.', 'Roles are folders under `roles/` beside the playbook.'),
  'no-hosts': explain('A pattern matches no host.', '`perfplay inventory --list-hosts PATTERN` shows what it means.'),
  'no-inventory': explain('No inventory was given.', '`-i FILE`, or set `PERFPLAY_INVENTORY`.'),
  'no-module': explain('A task has no module.', 'Write what should be true: a module and its parameters.'),
  'no-password': explain(
    'A password was asked for, or a file or program for it named, and there is none.',
    'Type it, or mend the file.',
  ),
  'no-plan-file': explain('A plan cannot be read or written.', '`perfplay plan SITE -o FILE` writes one.'),
  'no-record': explain(
    'The run cannot be recorded here.',
    'Call it from a folder that can be written, or set `PERFPLAY_RUNS`.',
  ),
  'no-run': explain('No such run is on record.', '`perfplay history` lists them.'),
  'not-taken-back': explain(
    'A rollback cannot take this back, or takes it back from another record.',
    'The message says what; look at it yourself.',
  ),
  'no-tasks': explain('`-t` and `--skip-tags` leave nothing to do.', '`--list-tags` shows the tags that there are.'),
  'no-terminal': explain('Something must be asked and there is no terminal.', 'The hint says how to give it instead.'),
  'not-allowed': explain('A value is none of those that are taken.', 'The hint has the nearest, or all of them.'),
  'not-executable': explain(
    'An inventory begins with `#!` and may not be executed.',
    '`chmod +x` it, or remove that line.',
  ),
  'not-supported': explain(
    'A word of Ansible that perfplay does without.',
    'The hint has the form to use here; docs/ansible.md has the reasons.',
  ),
  'prune-in-part': explain(
    '`--prune` was given where not every task of the site is run on its own host.',
    'Run the whole site: without tags, and without delegated tasks that keep something.',
  ),
  'quote-it': explain(
    'YAML reads an unquoted word or number as something else than it looks like.',
    'Put it into quotes.',
  ),
  'reserved-key': explain('`__proto__`, `constructor` and `prototype` cannot be keys.', 'Choose another name.'),
  'role-circle': explain('A role depends on itself.', 'Break the circle in `meta/main.yml`.'),
  'same-name': explain('A host and a group have one name.', 'In patterns the name stands for the host; rename one.'),
  'script-failed': explain('An executable inventory failed.', 'Its own words are in the message.'),
  'script-output': explain(
    'An executable inventory printed something else than is asked of it.',
    'It must print the JSON of `--list` or `--host NAME`.',
  ),
  'script-said': explain('An executable inventory wrote to standard error.', 'See what it says.'),
  'several-documents': explain('A YAML file holds more than one document.', 'Split it.'),
  'template-key': explain('A key holds a template; keys are taken as they are.', 'Put templates into values.'),
  'too-many-files': explain('Imports bring more files than any site has.', 'Look for a circle.'),
  'two-modules': explain('A task has two modules.', 'Make two tasks.'),
  'unattended-reboot': explain(
    'A task boots the host in a play that takes hosts out of service before its own boot.',
    'Leave the boot to `reboot: when-required` of the play.',
  ),
  'undefined-variable': explain(
    'An expression uses a name that has no value, at whatever depth.',
    'Set it, or guard it with `default` or `is defined`.',
  ),
  'unknown-anchor': explain('A YAML alias names an anchor that is not there.', 'Set it with `&name` before.'),
  'unknown-connection-variable': explain(
    'An `ansible_*` or `perfplay_*` variable means nothing here.',
    'The hint has the nearest.',
  ),
  'unknown-filter': explain('There is no such filter.', 'The hint has the nearest; docs/ansible.md lists all.'),
  'unknown-group': explain('An INI section names a group that is nowhere defined.', 'Define it, or correct the name.'),
  'unknown-handler': explain('`notify` names no handler and no topic of the play.', 'The hint has the nearest.'),
  'unknown-host': explain('A name is no host and no group of the inventory.', 'The hint has the nearest.'),
  'unknown-key': explain('A key means nothing where it stands.', 'The hint has the nearest.'),
  'unknown-module': explain(
    'There is no such module.',
    'The hint has the nearest, or what to write for a module of Ansible; `perfplay doc` lists all.',
  ),
  'unknown-parameter': explain(
    'A module has no such parameter.',
    'The hint has the nearest; `perfplay doc MODULE` lists them.',
  ),
  'unknown-section': explain(
    'An INI section is none of `[group]`, `[group:children]` and `[group:vars]`.',
    'The hint has the nearest.',
  ),
  'unknown-tag': explain(
    'A tag given with `-t` or `--skip-tags` stands nowhere in the site.',
    'The hint has the nearest; `--list-tags` shows all.',
  ),
  'unknown-test': explain('There is no such test after `is`.', 'The hint has the nearest; docs/ansible.md lists all.'),
  'unquoted-template': explain(
    'A value begins with `{{` and is not quoted: YAML takes it for a map.',
    'Put it into quotes.',
  ),
  'unreadable-file': explain('A file cannot be read.', 'The message has the system’s words.'),
  'unread-variable': explain(
    'A variable is set that nothing reads, while one of nearly the same name is read.',
    'Correct the name.',
  ),
  'unrendered-template': explain('A template stands where none can be resolved.', 'Write the value.'),
  'unsupported-connection-variable': explain(
    'A connection variable of Ansible that perfplay does without.',
    'The hint says what is done instead.',
  ),
  'unsupported-inventory': explain(
    'An inventory of a kind that is not read: TOML, or a plugin’s configuration.',
    '`ansible-inventory --list --yaml` turns it into YAML.',
  ),
  'unsupported-tag': explain('A YAML tag that means nothing here.', 'Write the value itself.'),
  'unsupported-vault': explain(
    'A file or value is encrypted by ansible-vault.',
    'Give secrets by `-e @file`, by the environment, or by prompt.',
  ),
  usage: explain('The command line is not understood.', '`perfplay help` shows it.'),
  'variable-cycle': explain('Variables need each other to be known.', 'Break the circle.'),
  'wrong-type': explain('A value is of another type than is taken.', 'The message says which.'),
  'yaml-1.1': explain(
    'YAML 1.1, as Ansible reads it, and YAML 1.2 differ about a value that is used.',
    'Quote it, or write it so that both agree.',
  ),
  'yaml-depth': explain('Lists and maps are nested too deeply.', 'A hundred levels is the limit.'),
  'yaml-syntax': explain('A file is no YAML.', 'The caret stands where it went wrong.'),
  'yaml-tab': explain('A tab indents a line.', 'Use blanks.'),
} as const satisfies Record<string, Explanation>;

export type DiagnosticCode = keyof typeof diagnosticCodes;
