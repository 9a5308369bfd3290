import { nearest } from '../../diagnostics.ts';
import type { MapNode } from '../../yaml/document.ts';
import type { Problems } from '../problems.ts';

/** The keys that a place takes, and Ansible's, each with the form to use here. */
export interface Keywords {
  readonly what: string;
  readonly known: ReadonlySet<string>;
  readonly foreign: ReadonlyMap<string, string>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean));

const leaveOut = 'leave it out';

/** What a play, block, import, role or task says for all tasks in it. */
const ofAll = `name tags become become_user environment ignore_errors ignore_unreachable no_log run_once timeout
  any_errors_fatal vars`;
const ofRoles = `${ofAll} when delegate_to unsupported apply`;
const ofTasks = `${ofRoles} notify`;

/** Ansible's own lists are printed by `ansible-doc -t keyword -l`. */
const foreignToAll: readonly (readonly [string, string])[] = [
  ['remote_user', 'set ansible_user in the inventory, or give -u USER'],
  ['connection', 'set ansible_connection in the inventory'],
  ['port', 'set ansible_port in the inventory'],
  ['become_method', 'sudo is the only method; leave it out'],
  ['become_flags', leaveOut],
  ['become_exe', leaveOut],
  ['check_mode', 'run with --check'],
  ['diff', 'run with --diff'],
  ['throttle', 'bound the hosts with serial, or give -f FORKS'],
  ['collections', 'modules and roles have one word here; leave it out'],
  ['module_defaults', 'set the parameters in each task'],
  ['debugger', leaveOut],
];

const oldSudo: readonly (readonly [string, string])[] = [
  ['sudo', 'write become: true'],
  ['sudo_user', 'write become: true and become_user'],
];

const ofPlay = 'it belongs to the play';
const ofOneTask = 'put it on the tasks';

const foreignToTasks: readonly (readonly [string, string])[] = [
  ...foreignToAll,
  ...oldSudo,
  ['delegate_facts', 'facts are always those of the host itself; leave it out'],
  ...['hosts', 'serial', 'handlers', 'tasks', 'pre_tasks', 'post_tasks', 'roles', 'vars_files', 'gather_facts'].map(
    (key) => [key, ofPlay] as const,
  ),
  ['max_fail_percentage', ofPlay],
  ['strategy', 'hosts always go through the tasks on their own; leave it out'],
];

const judgements = ['register', 'changed_when', 'failed_when', 'until', 'retries', 'delay', 'async', 'poll'];
const foreignToBlocks: readonly (readonly [string, string])[] = [
  ...foreignToTasks,
  ['loop', ofOneTask],
  ['loop_control', ofOneTask],
  ['listen', 'it belongs to handlers'],
  ...judgements.map((key) => [key, ofOneTask] as const),
];

const loopForms: readonly (readonly [string, string])[] = [
  ['with_items', 'write loop: with a list; one of lists is made flat with | flatten(1)'],
  ['with_list', 'write loop: with a list'],
  ['with_flattened', 'write loop: "{{ lists | flatten }}"'],
  ['with_dict', 'write loop: "{{ the_map | dict2items }}"; item.key and item.value are as before'],
  ['with_nested', 'write the pairs as a list under loop:'],
  ['with_cartesian', 'write the pairs as a list under loop:'],
  ['with_together', 'write the pairs as a list under loop:'],
  ['with_subelements', 'write the pairs as a list under loop:'],
  ['with_indexed_items', 'write loop: with a list, and loop_control: {index_var: index}'],
  ['with_sequence', 'write the numbers as a list under loop:'],
  ['with_fileglob', 'name the files in a list under loop:'],
  ['with_filetree', 'name the files in a list under loop:'],
  ['with_first_found', 'name the one file; to choose by host, put its name into a variable'],
  ['with_random_choice', 'what is chosen by chance is not declared; name the value'],
  ['with_lines', "register a command, and loop over its result's stdout_lines"],
  ['with_file', "write loop: with lookup('file', …) for each"],
  ['with_ini', 'write the values as a list under loop:'],
  ['with_inventory_hostnames', 'write loop: "{{ groups.NAME }}"'],
];

export const playKeywords: Keywords = {
  what: 'play',
  known: words(`${ofAll} hosts roles tasks pre_tasks post_tasks handlers vars_files serial max_fail_percentage
    gather_facts reboot post_reboot max_down drain undrain on_failure`),
  foreign: new Map([
    ...foreignToAll,
    ...oldSudo,
    ['user', 'set ansible_user in the inventory, or give -u USER'],
    ['strategy', 'hosts always go through the tasks on their own; leave it out'],
    ['order', 'hosts go in the order of the inventory; leave it out'],
    ['force_handlers', leaveOut],
    ['vars_prompt', 'give the values with -e'],
    ['gather_subset', 'all facts are always known; leave it out'],
    ['gather_timeout', leaveOut],
    ['fact_path', leaveOut],
    ['include', 'write import_playbook: FILE as an entry of the list of plays'],
    ['import_tasks', 'write it in a task under tasks:'],
    ['import_role', 'write it in a task under tasks:, or the role under roles:'],
    ...['when', 'loop', 'register', 'notify', 'delegate_to', 'changed_when', 'failed_when', 'unsupported', 'apply'].map(
      (key) => [key, ofOneTask] as const,
    ),
    ['block', 'write it under tasks:'],
  ]),
};

/** An entry of a playbook that stands for the plays of another. */
export const importPlaybookKeywords: Keywords = {
  what: 'import_playbook',
  known: words('import_playbook name vars tags when'),
  foreign: new Map([
    ...foreignToAll,
    ['hosts', 'an imported playbook has plays of its own; make this a play, or leave hosts out'],
    ['tasks', 'an imported playbook has plays of its own; write the tasks in another play'],
    ...['become', 'become_user', 'environment', 'no_log', 'serial', 'roles', 'vars_files', 'gather_facts'].map(
      (key) => [key, 'write it in the plays of the imported file'] as const,
    ),
  ]),
};

const taskWords = `${ofTasks} loop loop_control register changed_when failed_when until retries delay`;
const foreignKeysOfTasks: readonly (readonly [string, string])[] = [
  ...foreignToTasks,
  ...loopForms,
  ['include_tasks', 'write import_tasks: FILE; it is read before the run, so its name cannot depend on a host'],
  ['include_role', 'write import_role: {name: ROLE}; it is read before the run, so its name cannot depend on a host'],
  ['include', 'write import_tasks: FILE'],
  ['import_playbook', 'it stands beside the plays, not in one'],
  ['role', 'write import_role: {name: ROLE}'],
  ['action', "write the module's name as the key"],
  ['local_action', "write the module's name as the key, and delegate_to: HOST with ansible_connection: local"],
  ['args', "write the parameters under the module's name"],
  ['async', 'long commands need no polling; leave it out'],
  ['poll', 'long commands need no polling; leave it out'],
  ['rescue', 'it belongs to a block: write block: with the tasks beside it'],
  ['always', 'it belongs to a block: write block: with the tasks beside it'],
];

export const taskKeywords: Keywords = {
  what: 'task',
  known: words(taskWords),
  foreign: new Map([...foreignKeysOfTasks, ['listen', 'it belongs to handlers']]),
};

export const handlerKeywords: Keywords = {
  what: 'handler',
  known: words(`${taskWords} listen`),
  foreign: new Map(foreignKeysOfTasks),
};

export const blockKeywords: Keywords = {
  what: 'block',
  known: words(`${ofTasks} block rescue always`),
  foreign: new Map(foreignToBlocks),
};

const staticLoop = 'an import is read before the run: put the loop on its tasks';
export const importKeywords: Keywords = {
  what: 'import',
  known: words(`${ofTasks} import_tasks import_role`),
  foreign: new Map([
    ...foreignToBlocks,
    ['loop', staticLoop],
    ['loop_control', staticLoop],
    ...loopForms.map(([key]) => [key, staticLoop] as const),
    ['args', 'write the parameters under import_role:'],
  ]),
};

/** A role under `roles:` or among the dependencies of another: any further key is a parameter of the role. */
export const roleKeywords: Keywords = {
  what: 'role',
  known: words(`${ofRoles} role`),
  foreign: new Map([
    ...foreignToAll.map(([key, form]) => [key, `${form}; for a parameter of this name write it under vars`] as const),
    ['notify', ofOneTask],
    ['delegate_facts', 'facts are always those of the host itself; leave it out'],
    ['tasks_from', 'write import_role: {name: …, tasks_from: …} in a task'],
    ['vars_from', 'write import_role: {name: …, vars_from: …} in a task'],
    ['defaults_from', 'write import_role: {name: …, defaults_from: …} in a task'],
    ['handlers_from', 'write import_role: {name: …, handlers_from: …} in a task'],
    ['loop', ofOneTask],
  ]),
};

export const metaKeywords: Keywords = {
  what: 'meta task',
  known: words('meta name tags'),
  foreign: new Map(
    [...words(taskWords)].map((key) => [key, 'handlers that are due are flushed whatever is said here'] as const),
  ),
};

/**
 * Reports each key of the map that the place does not take and gives back those left over, which are neither the place's
 * nor Ansible's: in a task these are modules or mistakes.
 */
export const checkKeys = (map: MapNode, keywords: Keywords, problems: Problems): MapNode['entries'] =>
  map.entries.filter(({ key, keyPosition }) => {
    if (keywords.known.has(key)) return false;
    const instead = keywords.foreign.get(key);
    if (instead === undefined) return true;
    const article = /^[aeiou]/.test(keywords.what) ? 'an' : 'a';
    problems.error('not-supported', `${article} ${keywords.what} has no '${key}' here`, keyPosition, instead);
    return false;
  });

/** Reports keys that nobody knows, with the nearest that is known. */
export const refuseUnknown = (unknown: MapNode['entries'], { what, known }: Keywords, problems: Problems): void => {
  for (const { key, keyPosition } of unknown) {
    const { message, hint } = unknownKey(what, key, known);
    problems.error('unknown-key', message, keyPosition, hint);
  }
};

export const unknownKey = (
  what: string,
  key: string,
  names: Iterable<string>,
): { message: string; hint: string | undefined } => {
  const near = nearest(key, names);
  const article = /^[aeiou]/.test(what) ? 'an' : 'a';
  return {
    message: `${article} ${what} has no key '${key}'`,
    hint: near === undefined ? undefined : `did you mean '${near}'?`,
  };
};
