import type { Value, Variable } from '../inventory/types.ts';
import { InputError, type Diagnostic } from '../diagnostics.ts';
import type { Sources } from '../yaml/files.ts';
import { get, readYaml, toValue, type Node } from '../yaml/document.ts';

const problem = (message: string, hint: string): InputError =>
  new InputError([{ code: 'extra-vars', severity: 'error', message, hint }]);

/** What a secret's value is written under: `{secret: true, value: …}`; undefined: it is no secret. */
const secretValue = (node: Node): Node | undefined => {
  if (node.kind !== 'map' || node.entries.length !== 2) return undefined;
  const said = get(node, 'secret');
  return said?.kind === 'scalar' && said.value === true ? get(node, 'value') : undefined;
};

/** Every text of a value. */
const textsOf = (value: Value): readonly string[] => {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'boolean' || value === null ? [] : [String(value)];
  return Object.values(value).flatMap(textsOf);
};

const fromYaml = (
  file: string,
  text: string,
  hide: (secret: string) => void,
): readonly (readonly [string, Variable])[] => {
  const { document, diagnostics } = readYaml(file, text);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new InputError(errors as readonly Diagnostic[]);
  if (document?.kind !== 'map')
    throw problem(`-e ${file}: expected a map of variables`, '-e name=value, or -e @file.yml');
  return document.entries.map(({ key, keyPosition, value: node }) => {
    const secret = secretValue(node);
    const value = toValue(secret ?? node);
    if (secret) textsOf(value).forEach(hide);
    return [key, { value, position: keyPosition, origin: `-e ${file}` }];
  });
};

/**
 * The variables of every `-e`: `name=value` (text), `{…}` (YAML or JSON), `@file`; later ones win. A value that is written
 * `{secret: true, value: …}` is given to `hide`. Throws InputError.
 */
export const parseExtraVars = (
  given: readonly string[],
  files: Sources,
  hide: (secret: string) => void = () => undefined,
): ReadonlyMap<string, Variable> => {
  const variables = new Map<string, Variable>();
  for (const text of given) {
    if (text.startsWith('@')) {
      const file = text.slice(1);
      for (const [name, variable] of fromYaml(file, files.read(file), hide)) variables.set(name, variable);
    } else if (text.startsWith('{'))
      for (const [name, variable] of fromYaml('(command line)', text, hide)) variables.set(name, variable);
    else {
      const match = /^([A-Za-z_]\w*)=(.*)$/s.exec(text);
      if (!match) throw problem(`-e ${text}: not name=value`, '-e name=value, or -e @file.yml');
      variables.set(match[1]!, {
        value: match[2]!,
        position: { file: '(command line)', line: 1, column: 1 },
        origin: '-e',
      });
    }
  }
  return variables;
};
