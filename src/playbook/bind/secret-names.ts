import type { Value } from '../../inventory/types.ts';

const secretName =
  /pass(?:w(?:or)?d|phrase|code)|(?:^|_)(?:pass|pw|pin)(?:_|$)|secret|token|credential|(?:api|private)_?key/i;

/** Whether a variable, perfplay's or the environment's, is named as people name what is secret. */
export const isSecretName = (name: string): boolean => secretName.test(name);

const call = /\b(?:lookup|query|q)\(\s*(["'])(?:ansible\.builtin\.)?env\1((?:\s*,\s*(?:"[^"]*"|'[^']*'))+)/g;

/** The environment variables that the templates of a value look up by name. */
export const environmentNames = (value: Value): readonly string[] => {
  if (typeof value === 'string')
    return [...value.matchAll(call)].flatMap(([, , names = '']) =>
      [...names.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, double, single]) => double ?? single ?? ''),
    );
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(environmentNames) : [];
};
