import { basename, dirname, extname } from 'node:path';
import type { Position } from '../diagnostics.ts';
import type { PlaySummary, Summary } from './summary.ts';
import { line, span, type Line } from './line.ts';

/** `perfplay run site.yml  lab (SIMULATED)`. */
export const runHeading = ({ run }: Summary): Line => {
  if (run === undefined) return [];
  const inventory = run.inventory.map((source) => basename(source, extname(source))).join(' ');
  const simulated = run.simulated ? [span(' (SIMULATED)', 'strong')] : [];
  const playbooks = run.playbook
    .split(' ')
    .map((file) => basename(file))
    .join(' ');
  return line(span(`perfplay ${run.command} ${playbooks}`, 'strong'), `  ${inventory}`, ...simulated);
};

/** `batch 2/5`, or nothing where the play is one batch. */
export const batchText = ({ started, batch }: PlaySummary): string =>
  started.batches > 1 && batch ? `batch ${batch.batch}/${started.batches}` : '';

/** `site.yml:8`: the file as seen from the playbook's folder. */
export const whereText = ({ run }: Summary, { file, line: row }: Position): string => {
  const folder = run === undefined ? '' : `${dirname(run.playbook)}/`;
  return `${folder !== '' && file.startsWith(folder) ? file.slice(folder.length) : file}:${row}`;
};
