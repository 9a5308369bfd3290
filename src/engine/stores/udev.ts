import { verbatim } from '../../contract/codecs.ts';
import { combine, file } from '../../contract/reads.ts';
import { keptLines, parseLines, renderLines, textOf, upsert } from './lines.ts';
import { defineStore } from './store.ts';

/** Sorts after the distributions' 60-* scheduler rules, so that the last assignment is ours: udev(7). */
const own = '/etc/udev/rules.d/99-perfplay.rules';

const rule = (name: string, value: string): string => {
  const [subsystem, device, ...attribute] = name.split('/');
  const path = attribute.join('/');
  const kind = subsystem === 'block' ? ', ENV{DEVTYPE}=="disk"' : '';
  return `ACTION=="add|change", SUBSYSTEM=="${subsystem}"${kind}, KERNEL=="${device}", TEST=="${path}", ATTR{${path}}="${value}"`;
};

const parse = (line: string): readonly [string, string] | undefined => {
  const match = /SUBSYSTEM=="([^"]*)".*KERNEL=="([^"]*)".*ATTR\{([^}]*)\}="([^"]*)"/.exec(line);
  return match ? [`${match[1]}/${match[2]}/${match[3]}`, match[4]!] : undefined;
};

/** A scheduler change resets nr_requests and its like: udev(7) assigns in the order of the lines. */
const inOrder = (lines: ReadonlyMap<string, string>): ReadonlyMap<string, string> => {
  const first = [...lines].filter(([name]) => name.endsWith('/queue/scheduler'));
  return new Map([...first, ...lines]);
};

/** Attributes of devices that may come at any time. Names: `block/nvme0n1/queue/scheduler`. */
export const udev = defineStore({
  name: 'udev',
  own: combine({ text: file(own, verbatim) }, ({ text }) => keptLines(parseLines(textOf(text), parse))),
  state: file(own, verbatim),
  nextBoot: (state, { name }) => ({ value: parseLines(textOf(state), parse).get(name) ?? null, from: own }),
  write: (state, edits) => {
    const before = textOf(state);
    const lines = upsert(
      parseLines(before, parse),
      [...edits].map(([name, entry]) => [name, entry?.value]),
    );
    return {
      changes: [{ at: { kind: 'file', path: own }, before, after: renderLines(inOrder(lines), rule) }],
      finalize: [{ op: 'program', argv: ['udevadm', 'control', '--reload'] }],
    };
  },
});
