import { tasksOf } from '../playbook/sequence.ts';
import { diagnosticText } from '../report/diagnostic-text.ts';
import { openSite } from './load.ts';
import type { SiteOptions } from './options.ts';
import type { Print } from './print.ts';

/** Compiles a playbook against its inventory and contacts nobody. */
export const validate = (playbook: string, options: SiteOptions, print: Print): number => {
  const { site, files, warnings } = openSite(playbook, options, print.mask.hide);
  for (const warning of warnings) print.talk(diagnosticText(print.mask.value(warning), files.text));
  const hosts = new Set(site.plays.flatMap((play) => play.hosts)).size;
  const tasks = site.plays.reduce((sum, play) => sum + tasksOf(play.sequence).length, 0);
  print.data(`${playbook}: ${site.plays.length} plays, ${tasks} tasks, ${hosts} hosts: valid`);
  return 0;
};
