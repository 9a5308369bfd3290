import type { DiagnosticCode } from '../../diagnostics.ts';
import type { Position } from '../../diagnostics.ts';
import type { Assignment } from '../draft.ts';
import { expandHostNames } from '../host-names.ts';
import type { HostNames } from '../host-names.ts';
import { wordsBeforeComment } from '../words.ts';
import type { Word } from '../words.ts';
import type { Line } from './ini-lines.ts';
import { parseLiteral } from './python-literal.ts';

/** Takes an error of an INI file. */
export type Report = (code: DiagnosticCode, message: string, position: Position, hint?: string) => void;

export interface HostEntry {
  readonly expanded: HostNames;
  readonly position: Position;
  readonly assignments: readonly Assignment[];
}

const reserved = new Set(['__proto__', 'constructor', 'prototype']);

interface Source {
  readonly name: string;
  readonly text: string;
  readonly position: Position;
  readonly origin: string;
}

/** A variable whose value is a Python literal, or else text; undefined after a report. `quoted`: how text is written here. */
const assign = ({ name, text, position, origin }: Source, quoted: string, report: Report): Assignment | undefined => {
  if (reserved.has(name)) report('reserved-key', `"${name}" cannot be a key`, position, 'choose another name');
  else {
    const literal = parseLiteral(text) ?? { value: text };
    if ('value' in literal) return [name, { value: literal.value, position, origin }];
    report('bad-value', `the value of ${name}: ${literal.problem}`, position, `as text it is written ${quoted}`);
  }
  return undefined;
};

/** `key=value` behind a host. */
const readWord = (
  line: Line,
  { text, start, end }: Word,
  known: Set<string>,
  report: Report,
): Assignment | undefined => {
  const position = line.at(start, end);
  const equals = text.indexOf('=');
  const name = text.slice(0, equals);
  if (equals === -1) {
    const hint = text.startsWith(';')
      ? 'behind a host a comment begins with #'
      : 'a variable is written key=value, with quotes around a value that has blanks: key="a b"';
    report('ini-syntax', `"${text}" is no variable`, position, hint);
  } else if (name === '') {
    const hint = 'write key=value without blanks; the variables of a group stand in a section [group:vars]';
    report('ini-syntax', 'a name is missing before =', position, hint);
  } else if (known.has(name)) report('duplicate-key', `${name} is given twice`, position, 'leave one of them out');
  else {
    known.add(name);
    const from = start + line.text.slice(start, end).indexOf('=') + 1;
    const place = from < end ? line.at(from, end) : position;
    return assign({ name, text: text.slice(equals + 1), position: place, origin: 'host' }, `"'…'"`, report);
  }
  return undefined;
};

/** A line of hosts and their variables: `db[01:12]:2222 key=value # comment`; undefined after a report, one a line. */
export const readHostLine = (line: Line, report: Report): HostEntry | undefined => {
  const words = wordsBeforeComment(line.text);
  if ('openAt' in words) {
    const hint = `a quote that is meant as it is: "it's" or it\\'s`;
    report('ini-syntax', 'nothing ends this quote or follows this backslash', line.at(words.openAt), hint);
    return undefined;
  }
  const [host, ...rest] = words;
  if (!host) return undefined;
  const position = line.at(host.start, host.end);
  const expanded = expandHostNames(host.text);
  if ('problem' in expanded) {
    report('bad-host-name', expanded.problem, position, expanded.hint);
    return undefined;
  }
  if (host.text === '---' || (host.text.endsWith(':') && expanded.port === undefined)) {
    const hint = 'a file in YAML needs the ending .yml; a port is written host:22';
    report('bad-host-name', `"${host.text}" is not a host name`, position, hint);
    return undefined;
  }
  const known = new Set<string>();
  const assignments: Assignment[] = [];
  for (const word of rest) {
    const assignment = readWord(line, word, known, report);
    if (!assignment) break;
    assignments.push(assignment);
  }
  return { expanded, position, assignments };
};

/** A line of `:vars`: `key = value`, the value to the end of the line; undefined after a report. `known`: the section's names. */
export const readVariableLine = (
  line: Line,
  origin: string,
  known: Set<string>,
  report: Report,
): Assignment | undefined => {
  const equals = line.text.indexOf('=');
  const name = line.text.slice(0, equals).trimEnd();
  if (equals === -1 || name === '') {
    report('ini-syntax', 'a variable is written key=value', line.at());
    return undefined;
  }
  if (known.has(name)) {
    report('duplicate-key', `${name} is given twice`, line.at(0, name.length), 'leave one of them out');
    return undefined;
  }
  known.add(name);
  const text = line.text.slice(equals + 1).trimStart();
  const position = text === '' ? line.at() : line.at(line.text.length - text.length);
  return assign({ name, text, position, origin }, `'…'`, report);
};
