import { homedir } from 'node:os';
import { variables } from './connection-names.ts';
import type { ConnectionProblem } from './connection-names.ts';
import type { ConnectionSettings, Value } from './types.ts';
import { splitWords } from './words.ts';

type Outcome<T> =
  { readonly value: T } | { readonly problem: string; readonly hint?: string; readonly unsupported?: true };

const show = (value: Value): string => JSON.stringify(value);

/** A scalar's text; a list or map has none that means anything here. */
const wordOf = (value: Value): string => (typeof value === 'object' ? '' : String(value));

const toText = (value: Value): Outcome<string> =>
  typeof value === 'string' || typeof value === 'number' ? { value: String(value) } : { problem: 'must be text' };

/** A number is refused: YAML would have read 0123 as 83. */
const toSecret = (value: Value): Outcome<string> =>
  typeof value === 'string' ? { value } : { problem: 'must be text', hint: 'put it in quotes' };

/** A name that ends up among the words of a command line. */
const toName = (value: Value): Outcome<string> => {
  const text = toText(value);
  if ('problem' in text) return text;
  if (text.value.startsWith('-') || /[\s\p{Cc}]/u.test(text.value)) return { problem: `cannot be ${show(value)}` };
  return text;
};

const toPort = (value: Value): Outcome<number> =>
  /^[0-9]{1,5}$/.test(wordOf(value)) && Number(value) >= 1 && Number(value) <= 65535
    ? { value: Number(value) }
    : { problem: `must be a port from 1 to 65535, not ${show(value)}` };

/** Rule: Ansible's module_utils/parsing/convert_bool.py. */
const toBoolean = (value: Value): Outcome<boolean> => {
  const word = wordOf(value).toLowerCase();
  if (['y', 'yes', 'on', '1', 'true', 't'].includes(word)) return { value: true };
  if (['n', 'no', 'off', '0', 'false', 'f'].includes(word)) return { value: false };
  return { problem: `must be true or false, not ${show(value)}` };
};

const toFile = (value: Value): Outcome<string> => {
  const text = toText(value);
  if ('problem' in text) return text;
  return { value: text.value.replace(/^~(?=\/|$)/, homedir()) };
};

const toWords = (value: Value): Outcome<readonly string[]> => {
  const text = toText(value);
  if ('problem' in text) return text;
  const words = splitWords(text.value);
  return words ? { value: words } : { problem: 'has a quote that is not closed' };
};

const toConnection = (value: Value): Outcome<ConnectionSettings['connection']> => {
  const name = wordOf(value).replace(/^ansible\.builtin\./, '');
  if (name === 'ssh' || name === 'smart') return { value: 'ssh' };
  if (name === 'openssh' || name === 'local') return { value: name };
  return { problem: `cannot be ${show(value)}`, hint: 'perfplay connects by ssh, openssh or local', unsupported: true };
};

const toMethod = (value: Value): Outcome<'sudo'> =>
  wordOf(value).replace(/^ansible\.builtin\./, '') === 'sudo'
    ? { value: 'sudo' }
    : { problem: `cannot be ${show(value)}`, hint: 'perfplay becomes another user by sudo only', unsupported: true };

/**
 * How a host is reached, from its rendered variables, and what is wrong with them. A null or empty value counts as unset.
 * Rule: the options of Ansible's connection plugins ssh and local and of its become plugin sudo.
 */
export const connectionSettings = (
  name: string,
  values: ReadonlyMap<string, Value>,
): { readonly settings: ConnectionSettings; readonly problems: readonly ConnectionProblem[] } => {
  const problems: ConnectionProblem[] = [];
  const read = <T>(names: readonly string[], convert: (value: Value) => Outcome<T>): T | undefined => {
    const variable = names.findLast((candidate) => values.has(candidate));
    const value = variable === undefined ? null : values.get(variable)!;
    if (variable === undefined || value === null || value === '') return undefined;
    const outcome = convert(value);
    if ('value' in outcome) return outcome.value;
    problems.push({
      variable,
      severity: 'error',
      code: outcome.unsupported ? 'unsupported-connection-variable' : 'bad-connection-variable',
      message: `${variable} ${outcome.problem}`,
      ...(outcome.hint && { hint: outcome.hint }),
    });
    return undefined;
  };
  read(variables.becomeMethod, toMethod);

  const optional = {
    port: read(variables.port, toPort),
    user: read(variables.user, toName),
    password: read(variables.password, toSecret),
    privateKeyFile: read(variables.privateKeyFile, toFile),
    knownHostsFile: read(variables.knownHostsFile, toFile),
    become: read(variables.become, toBoolean),
    becomeUser: read(variables.becomeUser, toName),
    becomePassword: read(variables.becomePassword, toSecret),
    root: read(variables.root, toText),
    write: read(variables.write, toText),
    path: read(variables.path, toText),
  };
  const settings: ConnectionSettings = {
    connection: read(variables.connection, toConnection) ?? 'ssh',
    address: read(variables.address, toName) ?? name,
    sshArguments: [
      ...(read(variables.commonArguments, toWords) ?? []),
      ...(read(variables.extraArguments, toWords) ?? []),
    ],
    ...withoutUndefined(optional),
  };
  return { settings, problems };
};

const withoutUndefined = <T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
