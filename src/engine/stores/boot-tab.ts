import type { WriteOp } from '../../connect/shell/script.ts';
import { verbatim } from '../../contract/codecs.ts';
import { combine, file, unit, valueOf } from '../../contract/reads.ts';
import interpreter from './boot.sh?raw';
import { keptLines, parseLines, renderLines, textOf, upsert } from './lines.ts';
import { defineStore, type StoreChange } from './store.ts';

const table = '/etc/perfplay/boot.tab';
const script = '/usr/local/lib/perfplay/boot';
const service = 'perfplay-boot.service';
/** What became of each line in this boot; below /run, so that it is of no other boot. */
const results = '/run/perfplay/boot';
/** Stands there before a boot with the table has come. */
const notYet = '# The unit has yet to run: the table was written in this boot.\n';
const serviceFile = `/etc/systemd/system/${service}`;

/** After everything else of the boot: earlier, a NIC may not be there yet and the unit would match nothing. */
const unitText = `# Kept by perfplay.
[Unit]
Description=Kernel settings kept by perfplay
Documentation=file:${table}
Wants=network-online.target
After=multi-user.target network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh ${script}

[Install]
WantedBy=multi-user.target
`;

/** The name is the line up to its last word: `write PATTERN` or `irq nic:eth0 input.0`. */
const parse = (line: string): readonly [string, string] | undefined => {
  const match = /^(write \S+|irq \S+ \S+) (.+)$/.exec(line);
  return match ? [match[1]!, match[2]!] : undefined;
};

/** What the unit says of the lines that it could not do: `failed LINE`, a tab, and why. */
const failures = (text: string): ReadonlyMap<string, string> =>
  parseLines(text, (line) => {
    const match = /^failed ([^\t]+)\t(.*)$/.exec(line);
    return match ? [match[1]!, match[2]!] : undefined;
  });

/** Why the next boot is not to be trusted with a line: the last one has failed it. */
const missed = (state: { readonly results: string | null }, line: string): string | undefined => {
  const again = `mend it, and systemctl restart ${service}`;
  if (state.results === null) return `${service} has not run in this boot: ${again}`;
  const failure = failures(state.results).get(line);
  return failure === undefined ? undefined : `${service} failed in this boot: ${failure}: ${again}`;
};

/** Everything that must wait for its device: one unit of ours reads a table of data lines. */
export const bootTab = defineStore({
  name: 'boot.tab',
  own: combine({ text: file(table, verbatim) }, ({ text }) => keptLines(parseLines(textOf(text), parse))),
  state: combine(
    {
      table: file(table, verbatim),
      script: file(script, verbatim),
      service: file(serviceFile, verbatim),
      results: file(results, verbatim),
      unit: unit(service),
    },
    ({ table: lines, script: code, service: text, results: said, unit: state }) => ({
      table: textOf(lines),
      script: textOf(code),
      service: textOf(text),
      results: textOf(said),
      enabled: valueOf(state.enabled) ?? false,
    }),
  ),
  nextBoot: (state, { name, value: wanted }) => {
    const works = state.script === interpreter && state.service === unitText && state.enabled;
    const value = works ? (parseLines(state.table, parse).get(name) ?? null) : null;
    const problem = value !== null && value === wanted ? missed(state, `${name} ${value}`) : undefined;
    return { value: problem === undefined ? value : null, from: table, ...(problem !== undefined && { problem }) };
  },
  write: (state, edits) => {
    const lines = upsert(
      parseLines(state.table, parse),
      [...edits].map(([name, entry]) => [name, entry?.value]),
    );
    const after = renderLines(lines, (name, value) => `${name} ${value}`);
    const kept = after !== null;
    const changes: readonly StoreChange[] = [
      { at: { kind: 'file', path: table }, before: state.table, after },
      { at: { kind: 'file', path: script }, before: state.script, after: kept ? interpreter : null },
      { at: { kind: 'file', path: serviceFile }, before: state.service, after: kept ? unitText : null },
    ];
    const said: StoreChange = {
      at: { kind: 'file', path: results },
      before: state.results,
      after: kept ? (state.results ?? notYet) : null,
    };
    const isWritten = changes.some(({ before, after: text }) => before !== text);
    const started: StoreChange = {
      at: { kind: 'unit', name: service, aspect: 'enabled' },
      before: state.enabled ? 'enabled' : 'disabled',
      after: kept ? 'enabled' : 'disabled',
    };
    const systemctl = (...words: string[]): WriteOp => ({ op: 'program', argv: ['systemctl', ...words] });
    return {
      prepare: !kept && state.enabled ? [systemctl('disable', service)] : [],
      changes: [...(isWritten ? [...changes, said] : []), started],
      finalize: [
        ...(isWritten ? [systemctl('daemon-reload')] : []),
        ...(kept && !state.enabled ? [systemctl('enable', service)] : []),
      ],
    };
  },
});
