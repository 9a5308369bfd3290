import { readdirSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import { InputError } from '../diagnostics.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { ambiguities, readYaml, toValue } from '../yaml/document.ts';
import type { MapNode, Node } from '../yaml/document.ts';
import { isFolder } from '../yaml/files.ts';
import type { Sources } from '../yaml/files.ts';
import { readJson } from './json.ts';
import type { Assignment } from './draft.ts';
import type { Variable } from './types.ts';

const warnings = new WeakMap<Variable, readonly Diagnostic[]>();

/** A variable from its place in a YAML file. */
export const variableOf = (node: Node, origin: string): Variable => {
  const variable = { value: toValue(node), position: node.position, origin };
  const found = ambiguities(node);
  if (found.length > 0) warnings.set(variable, found);
  return variable;
};

/** Warnings about how the variable is written; for those that are used. */
export const variableWarnings = (variable: Variable): readonly Diagnostic[] => warnings.get(variable) ?? [];

/** Rule: Ansible's parsing/utils/yaml.py, which takes a text for YAML only where it is not JSON. */
const readTree = (file: string, text: string): ReturnType<typeof readYaml> => {
  const json = /^\s*\{/.test(text)
    ? readJson(text, (line, column, length) => ({ file, line, column, length }))
    : undefined;
  return json && 'document' in json ? json : readYaml(file, text);
};

/**
 * A YAML file whose top is a map, or undefined where it is empty or unusable; problems are pushed onto `diagnostics`.
 * `what` names the file's kind in errors: `an inventory`.
 */
export const readMap = (files: Sources, file: string, what: string, diagnostics: Diagnostic[]): MapNode | undefined => {
  const text = files.read(file);
  if (text.startsWith('$ANSIBLE_VAULT;')) {
    diagnostics.push({
      code: 'unsupported-vault',
      severity: 'error',
      message: 'files encrypted by ansible-vault are not supported',
      position: { file, line: 1, column: 1 },
      hint: 'keep secrets out of the file: give them with -e @file, or ask for them with -K',
    });
    return undefined;
  }
  const read = readTree(file, text);
  for (const diagnostic of read.diagnostics) diagnostics.push(diagnostic);
  const { document } = read;
  if (document === undefined || (document.kind === 'scalar' && document.value === null)) return undefined;
  if (document.kind === 'map') return document;
  const kind = document.kind === 'sequence' ? 'a list' : 'a single value';
  diagnostics.push({
    code: 'wrong-type',
    severity: 'error',
    message: `${what} is a map of keys and values; this is ${kind}`,
    position: document.position,
  });
  return undefined;
};

const endings = ['', '.yml', '.yaml', '.json'];

/** The files of a `group_vars/NAME/` folder, folders in it included. Rule: Ansible's parsing/dataloader.py. */
const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.') && !name.endsWith('~'))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      if (isFolder(path)) return extname(name) === '' ? filesBelow(path) : [];
      return endings.includes(extname(name)) ? [path] : [];
    });

/** What `group_vars/` or `host_vars/` beside an inventory or playbook says about one group or host. */
export type VariableFolder = (kind: 'group_vars' | 'host_vars', name: string) => readonly Assignment[];

/**
 * The `group_vars/` and `host_vars/` in `folder`: `NAME` (a file, or a folder of files), else `NAME.yml`, `.yaml`, `.json`;
 * the first that exists. Every file is read once; problems are pushed onto `diagnostics`.
 */
export const variableFolder = (files: Sources, folder: string, diagnostics: Diagnostic[]): VariableFolder => {
  const list = (kind: string): ReadonlySet<string> =>
    isFolder(join(folder, kind)) ? new Set(readdirSync(join(folder, kind))) : new Set();
  const listings = { group_vars: list('group_vars'), host_vars: list('host_vars') };

  const readFile = (file: string): readonly Assignment[] => {
    const origin = relative(folder, file);
    try {
      const map = readMap(files, file, 'a file of variables', diagnostics);
      return map?.entries.map(({ key, value }) => [key, variableOf(value, origin)] as const) ?? [];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      diagnostics.push(...error.diagnostics);
      return [];
    }
  };

  const read = (kind: 'group_vars' | 'host_vars', name: string): readonly Assignment[] => {
    const [found, ...others] = endings
      .map((ending) => name + ending)
      .filter((candidate) => listings[kind].has(candidate));
    if (found === undefined) return [];
    for (const other of others)
      diagnostics.push({
        code: 'ignored-file',
        severity: 'warning',
        message: `${join(folder, kind, other)} is ignored because ${join(folder, kind, found)} exists`,
        hint: isFolder(join(folder, kind, found))
          ? `move it to ${join(folder, kind, found, basename(other))}`
          : 'merge the two',
      });
    const path = join(folder, kind, found);
    return (isFolder(path) ? filesBelow(path) : [path]).flatMap(readFile);
  };

  const known = new Map<string, readonly Assignment[]>();
  return (kind, name) => {
    if (listings[kind].size === 0) return [];
    const key = `${kind}/${name}`;
    const assignments = known.get(key) ?? read(kind, name);
    known.set(key, assignments);
    return assignments;
  };
};
