/** Words of Ansible and Jinja that have no meaning here, each with what to write instead. */

const notTwice = 'every run would give something else, and a converged host would change again';
const controller = "it looks at this machine's files: lookup('file', path) reads one";
const address = 'give addresses as variables of the hosts';
const markup = 'it is for HTML; quote makes a word for the shell, to_json and to_yaml make texts of values';

export const refusedFilters: ReadonlyMap<string, string> = new Map([
  ['random', `${notTwice}: choose an element by its index, list[number % (list | length)]`],
  ['shuffle', `${notTwice}: sort gives one order`],
  ['password_hash', `its salt is random, ${notTwice}: give the hash itself as a variable`],
  ['strftime', `it depends on the time, ${notTwice}`],
  ['to_datetime', 'times are not calculated with here'],
  ['to_uuid', "text | hash('sha1') makes a name from a text"],
  ['json_query', 'use selectattr, map(attribute=…) and [index]'],
  ...['fileglob', 'realpath', 'relpath', 'expanduser', 'expandvars'].map((name) => [name, controller] as const),
  ...['ipaddr', 'ipv4', 'ipv6', 'ipwrap', 'ipsubnet', 'ipmath', 'nthhost', 'network_in_usable', 'cidr_merge'].map(
    (name) => [name, address] as const,
  ),
  ...['e', 'escape', 'forceescape', 'safe', 'striptags', 'urlize', 'xmlattr'].map((name) => [name, markup] as const),
  ['tojson', 'use to_json'],
  ['pprint', 'use to_nice_json'],
  ['attr', 'write x.name, or x[name]'],
  ['filesizeformat', 'use human_readable'],
  ['vault', 'secrets are given with -e @file or asked for'],
  ['unvault', 'secrets are given with -e @file or asked for'],
]);

const files = "it asks about this machine's files, not the host's: a module looks at the host";

export const refusedTests: ReadonlyMap<string, string> = new Map([
  ...['file', 'is_file', 'directory', 'is_dir', 'exists', 'link', 'is_link', 'link_exists'].map(
    (name) => [name, files] as const,
  ),
  ...['mount', 'is_mount', 'same_file', 'is_same_file'].map((name) => [name, files] as const),
  ...['started', 'finished'].map((name) => [name, 'a task has ended when the next one begins'] as const),
  ['vault_encrypted', 'secrets are given with -e @file or asked for'],
  ['callable', 'only macros are called, and those by their names'],
  ['escaped', markup],
]);

export const refusedFunctions: ReadonlyMap<string, string> = new Map([
  ['now', `it gives the time, ${notTwice}`],
  ['lipsum', `it gives random text, ${notTwice}`],
  ['cycler', 'in a loop, loop.cycle(a, b) gives one after the other'],
  ['joiner', "in a loop, write {{ ', ' if not loop.first }}; outside, use join"],
]);

export const refusedLookups: ReadonlyMap<string, string> = new Map([
  ['vars', 'write the name itself; of another host, hostvars[host][name]'],
  ['varnames', 'name the variables one by one, or make them one map'],
  ['pipe', 'run it on the host with the command module and register its result'],
  ['template', 'the template module writes files; a value can hold {% for %} and {% if %} itself'],
  ['password', 'give secrets with -e @file'],
  ['unvault', 'give secrets with -e @file'],
  ['random_choice', notTwice],
  ['url', 'load it into a file first'],
  ['dict', 'use map | dict2items'],
  ['sequence', 'use range(first, end, step)'],
  ['items', 'use the list itself, with flatten(1)'],
  ['list', 'use the list itself'],
  ['indexed_items', 'use loop_control: index_var'],
  ['together', 'use one | zip(other)'],
  ['nested', 'use one | product(other)'],
  ['subelements', "use list | subelements('key')"],
  ['inventory_hostnames', "use groups['name']"],
  ['first_found', "name the file, for example with lookup('file', path, errors='ignore') | default(…, true)"],
  ['fileglob', 'name the files'],
  ['lines', "use lookup('file', path).splitlines()"],
  ['ini', 'write the values into the inventory'],
  ['csvfile', 'write the values into the inventory'],
  ['config', "perfplay has no settings file of Ansible's"],
]);

const composed = 'a template is one file: put shared text into a variable or a macro';

export const refusedStatements: ReadonlyMap<string, string> = new Map([
  ...['include', 'import', 'from', 'extends', 'block', 'endblock'].map((name) => [name, composed] as const),
  ...['call', 'endcall'].map((name) => [name, 'give the text to the macro as an argument'] as const),
  ...['filter', 'endfilter'].map((name) => [name, '{% set x | upper %}…{% endset %}{{ x }} does the same'] as const),
  ...['with', 'endwith'].map((name) => [name, 'use {% set name = value %}'] as const),
  ...['break', 'continue'].map((name) => [name, 'choose the items: {% for x in list if condition %}'] as const),
  ['do', 'use {% set _ = list.append(item) %}'],
  ...['autoescape', 'endautoescape'].map((name) => [name, markup] as const),
  ...['trans', 'endtrans', 'pluralize', 'debug'].map((name) => [name, 'leave it out'] as const),
]);
