import { nearest } from '../diagnostics.ts';
import type { MapNode } from '../yaml/document.ts';
import type { Problems } from './problems.ts';

/** The keys that a place takes; those of the language that are yet to come; and Ansible's, each with the form to use here. */
export interface Keywords {
  readonly what: string;
  readonly known: ReadonlySet<string>;
  readonly coming: ReadonlySet<string>;
  readonly foreign: ReadonlyMap<string, string>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean));

const leaveOut = 'leave it out';
const sharedForeign: readonly (readonly [string, string])[] = [
  ['remote_user', 'set ansible_user in the inventory, or give -u USER'],
  ['connection', 'set ansible_connection in the inventory'],
  ['port', 'set ansible_port in the inventory'],
  ['become_method', 'sudo is the only method; leave it out'],
  ['become_flags', leaveOut],
  ['become_exe', leaveOut],
  ['check_mode', 'run with --check'],
  ['diff', 'run with --diff'],
  ['throttle', 'bound the hosts with serial, or give -f FORKS'],
  ['collections', 'name modules by one word'],
  ['module_defaults', 'set the parameters in each task'],
  ['debugger', leaveOut],
];

export const playKeywords: Keywords = {
  what: 'play',
  known: words('name hosts become become_user vars tasks handlers serial max_fail_percentage tags gather_facts'),
  coming:
    words(`any_errors_fatal vars_files roles pre_tasks post_tasks reboot post_reboot max_down drain undrain on_failure
    import_playbook environment ignore_errors ignore_unreachable no_log timeout run_once`),
  foreign: new Map([
    ...sharedForeign,
    ['strategy', 'hosts always go through the tasks on their own; leave it out'],
    ['order', 'hosts go in the order of the inventory; leave it out'],
    ['force_handlers', leaveOut],
    ['vars_prompt', 'give the values with -e'],
    ['gather_subset', 'all facts are always known; leave it out'],
    ['gather_timeout', leaveOut],
    ['fact_path', leaveOut],
    ['when', 'put it on the tasks'],
    ['loop', 'put it on the tasks'],
    ['include', 'give several files on the command line'],
  ]),
};

export const taskKeywords: Keywords = {
  what: 'task',
  known: words('name when loop register notify tags become become_user ignore_errors no_log unsupported apply vars'),
  coming:
    words(`block rescue always loop_control changed_when failed_when until retries delay delegate_to environment listen
    ignore_unreachable run_once timeout import_tasks import_role`),
  foreign: new Map([
    ...sharedForeign,
    ...[
      'with_items',
      'with_list',
      'with_dict',
      'with_nested',
      'with_sequence',
      'with_fileglob',
      'with_together',
      'with_subelements',
      'with_flattened',
      'with_indexed_items',
      'with_random_choice',
      'with_lines',
      'with_first_found',
      'with_cartesian',
      'with_ini',
      'with_file',
      'with_inventory_hostnames',
    ].map((key) => [key, 'write loop: with a list'] as const),
    ['include_tasks', 'tasks are read before the run: they cannot be chosen while it goes on'],
    ['include_role', 'tasks are read before the run: they cannot be chosen while it goes on'],
    ['include_vars', 'write the variables under vars'],
    ['include', 'tasks are read before the run: they cannot be chosen while it goes on'],
    ['action', "write the module's name as the key"],
    ['local_action', 'run the task on a host with ansible_connection: local'],
    ['args', "write the parameters under the module's name"],
    ['async', 'long commands need no polling; leave it out'],
    ['poll', 'long commands need no polling; leave it out'],
    ['any_errors_fatal', 'set max_fail_percentage: 0 on the play'],
    ['delegate_facts', leaveOut],
    ['sudo', 'write become: true'],
    ['hosts', 'it belongs to the play'],
    ['serial', 'it belongs to the play'],
    ['handlers', 'it belongs to the play'],
    ['tasks', 'it belongs to the play'],
  ]),
};

/**
 * Reports each key of the map that the place does not take and gives back those left over, which are neither the place's
 * nor Ansible's: in a task these are modules or mistakes.
 */
export const checkKeys = (map: MapNode, keywords: Keywords, problems: Problems): MapNode['entries'] =>
  map.entries.filter(({ key, keyPosition }) => {
    if (keywords.known.has(key)) return false;
    if (keywords.coming.has(key)) {
      problems.error('not-supported-yet', `'${key}' of a ${keywords.what} is not supported yet`, keyPosition);
      return false;
    }
    const instead = keywords.foreign.get(key);
    if (instead === undefined) return true;
    problems.error('not-supported', `a ${keywords.what} has no '${key}' here`, keyPosition, instead);
    return false;
  });

export const unknownKey = (
  what: string,
  key: string,
  names: Iterable<string>,
): { message: string; hint: string | undefined } => {
  const near = nearest(key, names);
  return { message: `a ${what} has no key '${key}'`, hint: near === undefined ? undefined : `did you mean '${near}'?` };
};
