import { isIP } from 'node:net';

/** What one host entry of an inventory stands for. */
export interface HostNames {
  readonly names: readonly string[];
  readonly port?: number;
}
export interface HostNameProblem {
  readonly problem: string;
  readonly hint?: string;
}

/** More hosts from one pattern than any inventory has. */
const mostNames = 100_000;

const range = String.raw`\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]`;
const hostName = (letters: string, flags: string): RegExp => {
  const label = String.raw`(?:[${letters}_]|${range})(?:[${letters}_-]|${range})*(?<![_-])`;
  return new RegExp(String.raw`^${label}(?:\.${label})*$`, flags);
};
const plainHostName = hostName('a-z0-9', 'i');
const anyHostName = hostName(String.raw`\p{L}\p{N}`, 'iu');
/** Most names are ASCII, and the letters of Unicode take as long to compile as an inventory to read. */
const isHostName = (text: string): boolean => (/^[ -~]*$/.test(text) ? plainHostName : anyHostName).test(text);

const anyRange = new RegExp(range, 'giu');
/** Asked first: those of `isIP` take even longer. */
const mayBeAddress = /^[0-9a-f:.]+(?:%|$)/i;
const isAddress = (text: string): boolean => mayBeAddress.test(text) && isIP(text) !== 0;

const withPort = [/^\[(.+)\]:([0-9]+)$/, /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/];

/**
 * A host name or IP address, ranges allowed, with an optional port: `db[01:12]:2222`, `[fe80::1]:22`.
 * Undefined where it is none. Rule: Ansible's parsing/utils/addresses.py.
 */
export const parseAddress = (text: string): { readonly host: string; readonly port?: number } | undefined => {
  let host = text;
  let port: number | undefined;
  for (const form of withPort) {
    const match = form.exec(host);
    if (match) [host, port] = [match[1]!, Number(match[2])];
  }
  if (!isHostName(host) && !isAddress(host.replace(anyRange, '1'))) return undefined;
  return { host, ...(port !== undefined && { port }) };
};

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

interface Range {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly text: (value: number) => string;
}

const parseRange = (source: string): Range | HostNameProblem => {
  const [begin = '', end, step = '1', ...rest] = source.split(':');
  if (end === undefined || rest.length > 0)
    return { problem: `[${source}] is not a range`, hint: 'write [first:last] or [first:last:step], such as [01:12]' };
  if (!/^[0-9]+$/.test(step) || Number(step) === 0)
    return { problem: `the step of [${source}] must be a whole number from 1` };
  const shared = { step: Number(step) };
  const ordered = (parsed: Range): Range | HostNameProblem =>
    parsed.first <= parsed.last ? parsed : { problem: `[${source}] begins after its end` };

  if (/^[a-zA-Z]$/.test(begin) && /^[a-zA-Z]$/.test(end))
    return ordered({
      ...shared,
      first: letters.indexOf(begin),
      last: letters.indexOf(end),
      text: (value) => letters[value]!,
    });
  if (!/^[0-9]*$/.test(begin) || !/^[0-9]+$/.test(end))
    return { problem: `[${source}] is not a range of numbers or of single letters` };
  const padded = /^0./.test(begin);
  if (padded && begin.length !== end.length)
    return { problem: `the ends of [${source}] must have the same number of digits`, hint: 'write [01:12] or [1:12]' };
  const text = padded ? (value: number) => String(value).padStart(begin.length, '0') : String;
  return ordered({ ...shared, first: Number(begin), last: Number(end), text });
};

/** The names that a pattern with ranges stands for, the leftmost range slowest. */
const expandRanges = (pattern: string): readonly string[] | HostNameProblem => {
  const pieces = pattern.split(/\[([^[\]]*)\]/);
  if (pieces.some((piece, index) => index % 2 === 0 && /[[\]]/.test(piece)))
    return { problem: `the brackets of "${pattern}" do not match` };
  const ranges: Range[] = [];
  for (const source of pieces.filter((_, index) => index % 2 === 1)) {
    const parsed = parseRange(source);
    if ('problem' in parsed) return parsed;
    ranges.push(parsed);
  }
  const total = ranges.reduce((product, { first, last, step }) => product * (Math.floor((last - first) / step) + 1), 1);
  if (!(total <= mostNames)) return { problem: `"${pattern}" stands for more than ${mostNames} hosts` };

  let names = [pieces[0]!];
  ranges.forEach(({ first, last, step, text }, index) => {
    const tail = pieces[index * 2 + 2]!;
    const longer: string[] = [];
    for (const name of names)
      for (let value = first; value <= last; value += step) longer.push(name + text(value) + tail);
    names = longer;
  });
  return names;
};

/**
 * The hosts that one entry of an inventory names, ranges expanded, and the port behind it.
 * Rule: Ansible's plugins/inventory/__init__.py (expand_hostname_range).
 */
export const expandHostNames = (entry: string): HostNames | HostNameProblem => {
  const { host, port } = parseAddress(entry) ?? { host: entry, port: undefined };
  if (/[\s,\p{Cc}]/u.test(host))
    return { problem: `"${entry}" is not a host name`, hint: 'write each host as a key of its own' };
  if (host === '' || host.startsWith('-')) return { problem: `"${entry}" is not a host name` };
  if (port !== undefined && (port < 1 || port > 65535)) return { problem: `${port} is not a port: 1 to 65535` };
  const names = host.includes('[') || host.includes(']') ? expandRanges(host) : [host];
  if ('problem' in names) return names;
  return { names, ...(port !== undefined && { port }) };
};
