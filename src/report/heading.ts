import { basename, extname } from 'node:path';
import type { PlaySummary, Summary } from './summary.ts';
import { line, span, type Line } from './line.ts';

/** `perfplay run site.yml  lab (SIMULATED)`. */
export const runHeading = ({ run }: Summary): Line => {
  if (run === undefined) return [];
  const inventory = run.inventory.map((source) => basename(source, extname(source))).join(' ');
  const simulated = run.simulated ? [span(' (SIMULATED)', 'strong')] : [];
  return line(span(`perfplay ${run.command} ${basename(run.playbook)}`, 'strong'), `  ${inventory}`, ...simulated);
};

/** `batch 2/5`, or nothing where the play is one batch. */
export const batchText = ({ started, batch }: PlaySummary): string =>
  started.batches > 1 && batch ? `batch ${batch.batch}/${started.batches}` : '';
