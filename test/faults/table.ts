import type { Status, Verdict } from './oracle.ts';

/** One injected fault and what came of it. */
export interface Row {
  readonly fault: string;
  readonly stage: string;
  readonly host: string;
  readonly status: Status | undefined;
  readonly exit: number | undefined;
  readonly message: string;
  readonly disk: Verdict['state'];
  readonly falseSuccesses: number;
  readonly neither: number;
  readonly stateless: boolean;
}

const width = (text: string, columns: number): string =>
  text.length > columns ? `${text.slice(0, columns - 1)}…` : text.padEnd(columns);

/** The coverage as people read it: one line for each fault and stage, and the counts. */
export const printTable = (title: string, rows: readonly Row[]): void => {
  const lines = rows.map(({ fault, stage, host, status, exit, message, disk }) =>
    [
      width(fault, 38),
      width(stage, 16),
      width(host, 8),
      width(status ?? 'NO STATE', 11),
      String(exit ?? '-').padStart(3),
      ` ${width(disk, 8)}`,
      message.split('\n')[0]!.slice(0, 90),
    ].join(' '),
  );
  const sum = (count: (row: Row) => number): number => rows.reduce((total, row) => total + count(row), 0);
  const counts = [
    `${rows.length} injected`,
    `${sum((row) => row.falseSuccesses)} false successes`,
    `${sum((row) => (row.stateless ? 1 : 0))} hosts in no state`,
    `${sum((row) => row.neither)} files neither old nor new`,
  ];
  const head = [width('fault', 38), width('stage', 16), width('host', 8), width('state', 11), 'exit', width('disk', 8)];
  process.stdout.write(
    `\n${title}\n${head.join(' ')} message\n${lines.map((line) => `${line.trimEnd()}\n`).join('')}${counts.join(', ')}\n`,
  );
};
