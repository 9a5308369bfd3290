import type { DiagnosticCode } from '../diagnostics.ts';
import { InputError, nearest } from '../diagnostics.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { createSources } from '../yaml/files.ts';
import type { Sources } from '../yaml/files.ts';
import { globMatcher } from './glob.ts';
import { parseAddress } from './host-names.ts';
import { matchRegex } from './regex.ts';
import type { Inventory } from './types.ts';

export interface Match {
  readonly hosts: readonly string[];
  /** Without positions: the caller knows where the pattern was written. */
  readonly diagnostics: readonly Diagnostic[];
}

const error = (code: DiagnosticCode, message: string, hint?: string): Diagnostic => ({
  code,
  severity: 'error',
  message,
  ...(hint && { hint }),
});

/** The hosts of a group: its own, then those of its children, level by level. */
const groupHosts = (inventory: Inventory, name: string): readonly string[] => {
  const groups = new Set([name]);
  const hosts = new Set<string>();
  for (const group of groups) {
    const { children = [], hosts: members = [] } = inventory.groups.get(group) ?? {};
    for (const host of members) hosts.add(host);
    for (const child of children) groups.add(child);
  }
  return [...hosts];
};

/** Text that begins as an IPv6 address with `::` in it, or with all eight parts: its colons separate nothing, as in `fe80::*`. */
const hexadecimal = String.raw`(?:[0-9a-f]{1,4}|\[[0-9a-f]+:[0-9a-f]+(?::[0-9]+)?\])`;
const beginsWithAddress = new RegExp(`^(?:(?:${hexadecimal}:){1,6}:|::|(?:${hexadecimal}:){7}${hexadecimal})`, 'i');

/** The single patterns of a list that is separated by commas, or else by colons. */
const split = (pattern: string): readonly string[] => {
  const parts = pattern.includes(',')
    ? pattern.split(',')
    : parseAddress(pattern) || beginsWithAddress.test(pattern)
      ? [pattern]
      : (pattern.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? []);
  return parts.map((part) => part.trim()).filter(Boolean);
};

/**
 * The single patterns of a list, with the lines of a file in the place of `@file`. Throws InputError for a file that cannot be
 * read, and where nothing is left: Ansible would then take all hosts.
 */
const partsOf = (pattern: string, files: Sources): readonly string[] => {
  const parts = split(pattern).flatMap((part) =>
    part.startsWith('@')
      ? files
          .read(part.slice(1))
          .split('\n')
          .map((line) => line.trim())
          .filter(Boolean)
      : [part],
  );
  if (parts.length > 0) return parts;
  throw new InputError([error('bad-pattern', `"${pattern}" names no host`, 'write all where every host is meant')]);
};

/** First what adds, then `&`, then `!`, whatever their order; only `&` and `!` are taken from all hosts. */
const ordered = (parts: readonly string[]): readonly string[] => {
  const adding = parts.filter((part) => !/^[&!]/.test(part));
  return [
    ...(adding.length > 0 ? adding : ['all']),
    ...parts.filter((part) => part.startsWith('&')),
    ...parts.filter((part) => part.startsWith('!')),
  ];
};

interface Subscript {
  readonly from: number;
  readonly to?: number;
}

/** `web[0]`, `web[-1]`, `web[1:3]`, `web[2:]`: both ends included. */
const splitSubscript = (part: string): { readonly name: string; readonly subscript?: Subscript } => {
  const match = part.startsWith('~') ? null : /^(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]$/.exec(part);
  if (!match) return { name: part };
  const [, name, index, from, to] = match;
  if (index !== undefined) return { name: name!, subscript: { from: Number(index) } };
  return { name: name!, subscript: { from: Number(from), to: to === '' ? Infinity : Number(to) } };
};

/** Ansible reads an end of 0 as no end given. */
const applySubscript = (hosts: readonly string[], { from, to }: Subscript): readonly string[] | undefined => {
  if (to) return hosts.slice(from, to + 1);
  const host = hosts.at(from);
  return host === undefined ? undefined : [host];
};

/** The hosts that one name, glob or regular expression stands for, or a diagnostic where it stands for nothing known. */
const findHosts = (inventory: Inventory, name: string): readonly string[] | Diagnostic => {
  const { groups, hosts } = inventory;
  const isRegex = name.startsWith('~');
  const missing = (verb: string): Diagnostic => {
    const near = nearest(name, [...groups.keys(), ...hosts.keys()]);
    return error('unknown-host', `no group or host ${verb} "${name}"`, near && `did you mean ${near}?`);
  };
  if (!isRegex && !/[?*[]/.test(name)) {
    if (!groups.has(name)) return hosts.has(name) || inventory.implicit?.has(name) ? [name] : missing('is named');
    const alsoHost = name.includes('.') && hosts.has(name);
    return alsoHost ? [...groupHosts(inventory, name), name] : groupHosts(inventory, name);
  }

  const names = [...groups.keys(), ...hosts.keys()];
  const matching = isRegex ? matchRegex(name.slice(1), names) : names.filter(globMatcher(name));
  if ('problem' in matching) return error('bad-pattern', `the expression of "${name}" ${matching.problem}`);
  if (matching.length === 0) return missing('matches');
  const matched = new Set(matching);
  return [
    ...[...groups.keys()].filter((group) => matched.has(group)).flatMap((group) => groupHosts(inventory, group)),
    ...[...hosts.keys()].filter((host) => matched.has(host)),
  ];
};

const intersect = (hosts: ReadonlySet<string>, others: readonly string[]): Set<string> => {
  const kept = new Set(others);
  return new Set([...hosts].filter((host) => kept.has(host)));
};

const evaluatePart = (inventory: Inventory, part: string): readonly string[] | Diagnostic => {
  const { name, subscript } = splitSubscript(part);
  const found = findHosts(inventory, name);
  if ('code' in found || !subscript || found.length === 0) return found;
  return (
    applySubscript(found, subscript) ??
    error('bad-subscript', `"${part}": ${name} has only ${found.length} host${found.length === 1 ? '' : 's'}`)
  );
};

const evaluate = (
  inventory: Inventory,
  pattern: string,
  files: Sources,
): { hosts: ReadonlySet<string>; diagnostics: Diagnostic[] } => {
  const diagnostics: Diagnostic[] = [];
  let hosts = new Set<string>();
  let parts: readonly string[] = [];
  try {
    parts = ordered(partsOf(pattern, files));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    diagnostics.push(...error.diagnostics);
  }
  for (const part of parts) {
    const operator = /^[&!]/.exec(part)?.[0];
    const isHost = operator === undefined && inventory.hosts.has(part);
    const result = isHost ? [part] : evaluatePart(inventory, operator ? part.slice(1) : part);
    if ('code' in result) diagnostics.push(result);
    const found = 'code' in result ? [] : result;
    if (operator === '!') for (const host of found) hosts.delete(host);
    else if (operator === '&') hosts = intersect(hosts, found);
    else for (const host of found) hosts.add(host);
  }
  return { hosts, diagnostics };
};

/**
 * The hosts that a pattern stands for, in Ansible's order, and of these only the ones in `limit`. A name that is neither a
 * group nor a host, and a pattern or limit that comes to no host, are errors; a pattern whose hosts `limit` leaves out is not.
 * `@file` stands for the patterns on the lines of a file. Rule: Ansible's inventory/manager.py.
 */
export const matchHosts = (
  inventory: Inventory,
  pattern: string,
  limit?: string,
  files: Sources = createSources(),
): Match => {
  const matched = evaluate(inventory, pattern, files);
  const { diagnostics } = matched;
  if (matched.hosts.size === 0 && diagnostics.length === 0)
    diagnostics.push(
      inventory.hosts.size === 0
        ? error('no-hosts', 'the inventory has no hosts')
        : error(
            'no-hosts',
            `"${pattern}" matches no host`,
            'perfplay inventory --graph shows the groups and their hosts',
          ),
    );
  if (limit === undefined) return { hosts: [...matched.hosts], diagnostics };
  const limited = evaluate(inventory, limit, files);
  diagnostics.push(...limited.diagnostics);
  // A localhost that no source names is no part of the fleet that is limited.
  const isEmpty = ![...limited.hosts].some((host) => inventory.hosts.has(host));
  if (isEmpty && limited.diagnostics.length === 0)
    diagnostics.push(error('no-hosts', `the limit "${limit}" matches no host`));
  return { hosts: [...matched.hosts].filter((host) => limited.hosts.has(host)), diagnostics };
};
