import type { Variable } from '../inventory/types.ts';
import { InputError, type Diagnostic } from '../diagnostics.ts';
import type { Sources } from '../yaml/files.ts';
import { readYaml, toValue } from '../yaml/document.ts';

const problem = (message: string, hint: string): InputError =>
  new InputError([{ code: 'extra-vars', severity: 'error', message, hint }]);

const fromYaml = (file: string, text: string): readonly (readonly [string, Variable])[] => {
  const { document, diagnostics } = readYaml(file, text);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new InputError(errors as readonly Diagnostic[]);
  if (document?.kind !== 'map')
    throw problem(`-e ${file}: expected a map of variables`, '-e name=value, or -e @file.yml');
  return document.entries.map(({ key, keyPosition, value }) => [
    key,
    { value: toValue(value), position: keyPosition, origin: `-e ${file}` },
  ]);
};

/** The variables of every `-e`: `name=value` (text), `{…}` (YAML or JSON), `@file`; later ones win. Throws InputError. */
export const parseExtraVars = (given: readonly string[], files: Sources): ReadonlyMap<string, Variable> => {
  const variables = new Map<string, Variable>();
  for (const text of given) {
    if (text.startsWith('@')) {
      const file = text.slice(1);
      for (const [name, variable] of fromYaml(file, files.read(file))) variables.set(name, variable);
    } else if (text.startsWith('{'))
      for (const [name, variable] of fromYaml('(command line)', text)) variables.set(name, variable);
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
