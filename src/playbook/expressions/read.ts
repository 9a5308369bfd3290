import { badValue, Undefined } from './data.ts';
import { ExpressionError } from './errors.ts';
import { strip } from './text.ts';
import type { Datum } from './data.ts';
import type { Given } from './given.ts';

/** What `lookup()` reads on this machine. What it gives is data, never taken for a template. */
export interface Reader {
  /** Undefined where the variable is not set. */
  readonly env: (name: string) => string | undefined;
  /** The text of a file, a relative path taken from where the task lies; undefined where there is no such file. */
  readonly file: (path: string) => string | undefined;
}

const options: Readonly<Record<string, readonly string[]>> = { env: ['default'], file: ['rstrip', 'lstrip'] };

const flag = (given: Given, name: string, otherwise: boolean): boolean => {
  const value = given.more.get(name) ?? otherwise;
  if (typeof value === 'boolean') return value;
  throw badValue(`'${name}' of a lookup is true or false`);
};

const environment = (name: string, given: Given, read: Reader): Datum => {
  const word = name.trim().split(/\s/)[0]!;
  const value = read.env(word) ?? given.more.get('default') ?? '';
  if (value instanceof Undefined)
    throw new ExpressionError('undefined-variable', `the environment variable '${word}' is not set`);
  return value;
};

const file = (path: string, given: Given, read: Reader): Datum => {
  const found = read.file(path);
  if (found === undefined) throw badValue(`there is no file '${path}'`, 'relative paths lie beside the playbook');
  const start = flag(given, 'lstrip', false) ? strip(found, undefined, 'start') : found;
  return flag(given, 'rstrip', true) ? strip(start, undefined, 'end') : start;
};

/** Whether a failed lookup gives nothing instead. */
const isLenient = (given: Given): boolean => {
  const errors = given.more.get('errors') ?? 'strict';
  if (errors === 'strict' || errors === 'ignore') return errors === 'ignore';
  throw badValue("'errors' of a lookup is 'strict' or 'ignore'");
};

/** The values of a lookup's terms; none where it failed and may. Throws ExpressionError. */
const readTerms = (kind: string, given: Given, read: Reader | undefined): readonly Datum[] | undefined => {
  if (!read) throw badValue('lookups do not work here', 'use them in playbooks, in vars and in templates');
  const allowed = ['errors', 'wantlist', ...options[kind]!];
  const foreign = [...given.more.keys()].find((name) => !allowed.includes(name));
  if (foreign !== undefined)
    throw badValue(`lookup('${kind}') has no option '${foreign}'; it takes ${allowed.join(', ')}`);
  const isIgnored = isLenient(given);
  try {
    return given.rest.map((term) => {
      if (typeof term !== 'string') throw badValue(`lookup('${kind}') takes texts: give several one after the other`);
      return kind === 'env' ? environment(term, given, read) : file(term, given, read);
    });
  } catch (error) {
    if (isIgnored && error instanceof ExpressionError && error.code === 'bad-value') return undefined;
    throw error;
  }
};

/** `lookup` gives one value, texts joined with commas; `query`, and `wantlist=True`, a list. */
export const lookup = (kind: string, given: Given, read: Reader | undefined, isList: boolean): Datum => {
  const found = readTerms(kind, given, read);
  if (isList || flag(given, 'wantlist', false)) return found ?? [];
  if (found === undefined) return null;
  if (found.length > 0 && found.every((value) => typeof value === 'string')) return found.join(',');
  return found.length === 1 ? found[0]! : found;
};
