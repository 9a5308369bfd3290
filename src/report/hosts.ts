import { mergeNames } from './collapse.ts';
import { line, span, type Line } from './line.ts';
import type { Summary } from './summary.ts';

/** From more hosts than this on a list of them is not read any more, but counted and abbreviated. */
export const manyHosts = 20;
/** Names or ranges in one line before the list gets a letter and a line of its own. */
export const namesInLine = 10;
/** Names or ranges of a long list that a terminal shows. */
const namesInLegend = 40;

/** Writes lists of hosts; a long list is written once, under a letter. */
export interface HostLists {
  /** `kvm01 kvm02`, `388 hosts kvm[001:388]`, `all 400 hosts`, or `132 hosts [A]`. */
  readonly text: (hosts: ReadonlySet<string>) => string;
  /** The long lists so far: `[A] kvm001 kvm007 …`. */
  readonly legend: () => readonly Line[];
}

/** A, B, … Z, AA, AB, … */
const letters = (index: number): string =>
  (index < 26 ? '' : letters(Math.floor(index / 26) - 1)) + String.fromCharCode(65 + (index % 26));

/** Names in the order of the run. */
export const inOrder = (summary: Summary, hosts: ReadonlySet<string>): readonly string[] => {
  const order = (host: string): number => summary.hosts.get(host)?.order ?? 0;
  return [...hosts].sort((left, right) => order(left) - order(right));
};

const shorten = (ranges: readonly string[]): string =>
  ranges.length <= namesInLegend
    ? ranges.join(' ')
    : `${ranges.slice(0, namesInLegend).join(' ')} … ${ranges.length - namesInLegend} more; --diff or --output json has all`;

/** `short`: of a very long list the first names only. */
export const hostLists = (summary: Summary, short: boolean): HostLists => {
  /** By the list as text: its letter, and what is shown of it. */
  const long = new Map<string, { readonly letter: string; readonly shown: string }>();
  return {
    text: (hosts) => {
      const names = inOrder(summary, hosts);
      if (names.length <= namesInLine) return names.join(' ');
      if (names.length === summary.hosts.size) return `all ${names.length} hosts`;
      const ranges = mergeNames(names).map(({ text }) => text);
      if (ranges.length <= namesInLine) return `${names.length} hosts ${ranges.join(' ')}`;
      const list = ranges.join(' ');
      const { letter } = long.get(list) ?? { letter: letters(long.size) };
      long.set(list, { letter, shown: short ? shorten(ranges) : list });
      return `${names.length} hosts [${letter}]`;
    },
    legend: () => [...long.values()].map(({ letter, shown }) => line(span(`[${letter}]`, 'strong'), ` ${shown}`)),
  };
};
