import { listPlays, type PlayListing } from '../playbook/listing.ts';
import { escapeText } from '../report/escape.ts';
import { openSite } from './load.ts';
import type { RunCommandOptions } from './options.ts';
import type { Print } from './print.ts';

const tagsText = (tags: readonly string[]): string => `TAGS: [${tags.join(', ')}]`;

const playLines = (
  { name, hosts, tags, tasks }: PlayListing,
  index: number,
  { listHosts, listTasks, listTags }: RunCommandOptions,
): readonly string[] => [
  '',
  `  play #${index + 1} (${name})`,
  ...(listHosts ? [`    hosts (${hosts.length}):`, ...hosts.map((host) => `      ${host}`)] : []),
  ...(listTasks ? ['    tasks:', ...tasks.map((task) => `      ${task.name}  ${tagsText(task.tags)}`)] : []),
  ...(listTags ? [`      TASK ${tagsText(tags)}`] : []),
];

/** `--list-hosts`, `--list-tasks`, `--list-tags`: what a run would do where; contacts nobody. */
export const list = (playbook: string, options: RunCommandOptions, print: Print): number => {
  const { site } = openSite(playbook, options, print.mask.hide);
  const plays = listPlays(site).flatMap((play, index) => playLines(play, index, options));
  print.data([`playbook: ${playbook}`, ...plays].map(escapeText).join('\n'));
  return 0;
};
