import { secretVariables, variables as connectionNames } from '../inventory/connection-names.ts';
import type { Value, Variable } from '../inventory/types.ts';
import { InputError, type Diagnostic } from '../diagnostics.ts';
import type { Sources } from '../yaml/files.ts';
import { get, readYaml, toValue, type Entry, type MapNode, type Node } from '../yaml/document.ts';

type Hide = (secret: string) => void;

const problem = (message: string, hint: string, position?: Diagnostic['position']): InputError =>
  new InputError([{ code: 'extra-vars', severity: 'error', message, hint, ...(position && { position }) }]);

const isSaid = (map: MapNode): boolean => {
  const said = get(map, 'secret');
  return said?.kind === 'scalar' && said.value === true;
};

/** What a secret's value is written under: `{secret: true, value: …}`; undefined: it is no secret. Throws InputError for half of one. */
const secretValue = (map: MapNode): Node | undefined => {
  const value = get(map, 'value');
  if (!isSaid(map) || !value) return undefined;
  const other = map.entries.find(({ key }) => key !== 'secret' && key !== 'value');
  if (other)
    throw problem(
      `a secret has a value and nothing else, not '${other.key}'`,
      'write {secret: true, value: …}, and the rest beside it',
      other.keyPosition,
    );
  return value;
};

const becomePasswords: readonly string[] = connectionNames.becomePassword;

/** Passwords among the arguments: other users of this machine read those in the list of processes. */
const passwordProblems = (names: readonly string[]): readonly Diagnostic[] =>
  names
    .filter((name) => secretVariables.has(name))
    .map((name) => {
      const [option, environment] = becomePasswords.includes(name)
        ? ['-K, --become-password-file FILE', 'PERFPLAY_BECOME_PASSWORD']
        : ['-k, --connection-password-file FILE', 'PERFPLAY_PASSWORD'];
      return {
        code: 'extra-vars',
        severity: 'error',
        message: `-e ${name}: a password among the arguments can be read by every user of this machine`,
        hint: `${option}, the environment's ${environment}, the inventory, or -e @FILE`,
      };
    });

/** Every text of a value. */
const textsOf = (value: Value): readonly string[] => {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'boolean' || value === null ? [] : [String(value)];
  return Object.values(value).flatMap(textsOf);
};

/** The tree with the values of its secrets in their places; `hide` hears of each. */
const reveal = (node: Node, hide: Hide): Node => {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'sequence') return { ...node, items: node.items.map((item) => reveal(item, hide)) };
  const secret = secretValue(node);
  if (!secret)
    return { ...node, entries: node.entries.map((entry): Entry => ({ ...entry, value: reveal(entry.value, hide) })) };
  textsOf(toValue(secret)).forEach(hide);
  return secret;
};

/** What is wrong with a text, without its words and its line where it may hold secrets. */
const discreet = (diagnostic: Diagnostic, text: string): Diagnostic => {
  if (!/\bsecret\b|\bansible_\w*pass/.test(text)) return diagnostic;
  const { code, severity, position } = diagnostic;
  const where = position ? ` (${position.file}:${position.line}:${position.column})` : '';
  return { code, severity, message: `this cannot be read; it holds secrets and is not shown${where}` };
};

const fromYaml = (file: string, text: string, hide: Hide): readonly (readonly [string, Variable])[] => {
  const { document, diagnostics } = readYaml(file, text);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new InputError(errors.map((error) => discreet(error, text)));
  if (document?.kind !== 'map')
    throw problem(`-e ${file}: expected a map of variables`, '-e name=value, or -e @file.yml');
  return document.entries.map(({ key, keyPosition, value }) => [
    key,
    { value: toValue(reveal(value, hide)), position: keyPosition, origin: `-e ${file}` },
  ]);
};

/**
 * The variables of every `-e`: `name=value` (text), `{…}` (YAML or JSON), `@file`; later ones win. A value that is written
 * `{secret: true, value: …}`, at any depth, is given to `hide`. Throws InputError; connection passwords are taken of a file alone.
 */
export const parseExtraVars = (
  given: readonly string[],
  files: Sources,
  hide: Hide = () => undefined,
): ReadonlyMap<string, Variable> => {
  const variables = new Map<string, Variable>();
  const problems: Diagnostic[] = [];
  for (const text of given) {
    if (text.startsWith('@')) {
      const file = text.slice(1);
      for (const [name, variable] of fromYaml(file, files.read(file), hide)) variables.set(name, variable);
    } else if (text.startsWith('{')) {
      const inline = fromYaml('(command line)', text, hide);
      problems.push(...passwordProblems(inline.map(([name]) => name)));
      for (const [name, variable] of inline) variables.set(name, variable);
    } else {
      const [name] = /^\w*/.exec(text)!;
      const passwords = passwordProblems([name]);
      problems.push(...passwords);
      const isAssignment = /^[A-Za-z_]/.test(name) && text[name.length] === '=';
      if (!isAssignment && passwords.length === 0)
        throw problem(`-e ${text}: not name=value`, '-e name=value, or -e @file.yml');
      variables.set(name, {
        value: text.slice(name.length + 1),
        position: { file: '(command line)', line: 1, column: 1 },
        origin: '-e',
      });
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  return variables;
};
