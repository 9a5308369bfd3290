import { nearest } from '../../diagnostics.ts';
import type { Diagnostic, Position } from '../../diagnostics.ts';
import { secretVariables } from '../connection-names.ts';
import { addChild, addGroup, addGroupVariable, addHosts } from '../draft.ts';
import type { Draft, DraftGroup } from '../draft.ts';
import { readHostLine, readVariableLine } from './ini-entries.ts';
import type { Report } from './ini-entries.ts';
import { linesOf } from './ini-lines.ts';
import type { Line } from './ini-lines.ts';

const kinds = ['hosts', 'children', 'vars'] as const;
type Kind = (typeof kinds)[number];
const isKind = (word: string): word is Kind => kinds.some((kind) => kind === word);

/** A longer line is no configuration. */
const longest = 1_000_000;
const header = /^\[([^:\]\s]+)(?::([\p{L}\p{N}_]+))?\]\s*(?:#.*)?$/u;
const looksLikeHeader = /^\[.*\]$|^\[[^\]]*\]\s*;/;
const childName = /^([^:\]\s]+)\s*(?:#.*)?$/;

const holdsSecret = new RegExp(String.raw`(?:${[...secretVariables].join('|')})["'\\\s]*=`);

interface Section {
  readonly group: DraftGroup;
  /** Undefined after a header that cannot be read: errors in what follows it would only follow from it. */
  readonly kind: Kind | undefined;
  /** The variables so far. */
  readonly names: Set<string>;
}

/** Where a group was named a child before it was declared. */
interface Mention {
  readonly parent: DraftGroup;
  readonly position: Position;
}

/**
 * The groups as the file declares them. `[group]` and `[group:children]` declare one, `[group:vars]` does not; one that is named
 * a child earlier becomes a child when it is declared, so that children stand in Ansible's order.
 */
const createGroups = (draft: Draft) => {
  const mentioned = new Map<string, Mention[]>();
  const undeclared = new Map<string, Position>();
  return {
    open: (name: string, kind: Kind, position: Position): DraftGroup => {
      if (kind === 'vars') {
        if (!draft.groups.has(name)) undeclared.set(name, position);
        return addGroup(draft, name);
      }
      const group = addGroup(draft, name);
      for (const mention of mentioned.get(name) ?? []) addChild(mention.parent, name, mention.position);
      mentioned.delete(name);
      undeclared.delete(name);
      return group;
    },
    addChild: (parent: DraftGroup, name: string, position: Position): void => {
      if (draft.groups.has(name)) addChild(parent, name, position);
      else mentioned.set(name, [...(mentioned.get(name) ?? []), { parent, position }]);
    },
    /** Reports what was named and never declared. */
    close: (report: Report): void => {
      const declared = [...draft.groups.keys()].filter((name) => !undeclared.has(name));
      const missing = (name: string, position: Position): void => {
        const near = nearest(name, declared);
        const hint = near ? `did you mean ${near}?` : `declare it: [${name}]`;
        report('unknown-group', `no group is named "${name}"`, position, hint);
      };
      for (const [name, mentions] of mentioned) for (const { position } of mentions) missing(name, position);
      for (const [name, position] of undeclared) missing(name, position);
    },
  };
};

/**
 * Ansible's INI inventory: sections `[group]`, `[group:children]` and `[group:vars]`; hosts before the first are ungrouped.
 * Rule: Ansible's plugins/inventory/ini.py.
 */
export const readIniInventory = (file: string, text: string, draft: Draft, diagnostics: Diagnostic[]): void => {
  let current: Line | undefined;
  /** The line is shown with an error, and a part of it may be in the message: neither for one that holds a secret. */
  const report: Report = (code, message, position, hint) => {
    const secret = current && holdsSecret.test(current.text);
    const where = secret
      ? { message: `this line is wrong; it holds a secret and is not shown (${file}:${position.line})` }
      : { message, position };
    diagnostics.push({ code, severity: 'error', ...where, ...(hint && { hint }) });
  };
  const groups = createGroups(draft);
  let section: Section = { group: addGroup(draft, 'ungrouped'), kind: 'hosts', names: new Set() };

  const readHeader = (line: Line): void => {
    const [, name, kind = 'hosts'] = header.exec(line.text) ?? [];
    if (name === undefined) {
      section = { ...section, kind: undefined };
      const hint = line.text.includes(';')
        ? 'behind a header a comment begins with #'
        : 'write [group], [group:children] or [group:vars], without blanks';
      return report('ini-syntax', 'this is no header of a section', line.at(), hint);
    }
    const group = groups.open(name, isKind(kind) ? kind : 'hosts', line.at(1, 1 + name.length));
    section = { group, kind: isKind(kind) ? kind : undefined, names: new Set() };
    if (section.kind) return undefined;
    const start = 2 + name.length;
    const near = nearest(kind, kinds) ?? kinds.find((known) => known[0] === kind[0]);
    const hint = near ? `did you mean [${name}:${near}]?` : 'a section holds hosts, children or vars';
    return report('unknown-section', `"${kind}" is no kind of section`, line.at(start, start + kind.length), hint);
  };

  const readHosts = (line: Line): void => {
    const entry = readHostLine(line, report);
    if (entry) addHosts(draft, section.group, entry.expanded, entry.position, entry.assignments);
  };

  const readVariable = (line: Line): void => {
    const assignment = readVariableLine(line, `group ${section.group.name}`, section.names, report);
    const wrong = assignment && addGroupVariable(section.group, ...assignment);
    if (wrong) diagnostics.push(wrong);
  };

  const readChild = (line: Line): void => {
    const name = childName.exec(line.text)?.[1];
    if (name === undefined) {
      const hint = line.text.includes('=') ? `variables stand under [${section.group.name}:vars]` : undefined;
      return report('ini-syntax', 'a line of children names one group', line.at(), hint);
    }
    const position = line.at(0, name.length);
    if (name === 'all') return report('group-cycle', 'all holds every group and cannot be a child', position);
    return groups.addChild(section.group, name, position);
  };

  for (const line of linesOf(file, text)) {
    current = line;
    if (line.text.length > longest) report('ini-syntax', `a line is longer than ${longest} characters`, line.at(0, 1));
    else if (header.test(line.text) || looksLikeHeader.test(line.text)) readHeader(line);
    else if (section.kind === 'hosts') readHosts(line);
    else if (section.kind === 'vars') readVariable(line);
    else if (section.kind === 'children') readChild(line);
  }
  current = undefined;
  groups.close(report);
};
