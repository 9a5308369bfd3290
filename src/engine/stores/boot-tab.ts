import type { WriteOp } from '../../connect/shell/script.ts';
import { verbatim } from '../../contract/codecs.ts';
import { combine, file, unit, valueOf } from '../../contract/reads.ts';
import interpreter from './boot.sh?raw';
import { parseLines, renderLines, textOf, upsert } from './lines.ts';
import { defineStore, type StoreChange } from './store.ts';

const table = '/etc/perfplay/boot.tab';
const script = '/usr/local/lib/perfplay/boot';
const service = 'perfplay-boot.service';
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

/** Everything that must wait for its device: one unit of ours reads a table of data lines. */
export const bootTab = defineStore({
  name: 'boot.tab',
  own: combine({ text: file(table, verbatim) }, ({ text }) => parseLines(textOf(text), parse)),
  state: combine(
    {
      table: file(table, verbatim),
      script: file(script, verbatim),
      service: file(serviceFile, verbatim),
      unit: unit(service),
    },
    ({ table: lines, script: code, service: text, unit: state }) => ({
      table: textOf(lines),
      script: textOf(code),
      service: textOf(text),
      enabled: valueOf(state.enabled) ?? false,
    }),
  ),
  nextBoot: (state, { name }) => {
    const works = state.script === interpreter && state.service === unitText && state.enabled;
    return { value: works ? (parseLines(state.table, parse).get(name) ?? null) : null, from: table };
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
    const systemctl = (...words: string[]): WriteOp => ({ op: 'program', argv: ['systemctl', ...words] });
    return {
      prepare: !kept && state.enabled ? [systemctl('disable', service)] : [],
      changes,
      finalize: [systemctl('daemon-reload'), ...(kept && !state.enabled ? [systemctl('enable', service)] : [])],
    };
  },
});
