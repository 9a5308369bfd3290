import { InputError } from '../diagnostics.ts';
import type { Prune } from '../engine/prune.ts';
import { keeps } from '../engine/task-plan.ts';
import { tasksOf } from '../playbook/sequence.ts';
import type { Play, Site } from '../playbook/types.ts';
import type { RunCommandOptions } from './options.ts';

/** Why the site does not tell all that its hosts are to keep. */
const unsaid = (site: Site, { tags = [], skipTags = [] }: RunCommandOptions): string | undefined => {
  if (tags.length + skipTags.length > 0) return 'with -t or --skip-tags';
  const delegated = site.plays
    .flatMap(({ sequence, handlers }) => [...tasksOf(sequence), ...handlers])
    .find((task) => task.delegateTo !== undefined && keeps(task));
  return delegated && `while "${delegated.name}" (${delegated.position.file}:${delegated.position.line}) is delegated`;
};

/** A play after which several hosts would be pruned at once. */
const withoutCanary = ({ plays }: Site): Play | undefined => {
  const last = new Map(plays.flatMap((play) => play.hosts.map((name) => [name, play] as const)));
  return [...last.values()].find(({ batches }) => batches[0]!.length > 1);
};

/**
 * What becomes of what hosts keep and nobody declares: a plan names it, `--prune` removes it.
 * Throws InputError where the tasks that are run are not all that the site declares.
 */
export const pruneOf = (site: Site, options: RunCommandOptions, isPlan: boolean): Prune => {
  const why = unsaid(site, options);
  if (!options.prune) return isPlan && why === undefined ? 'list' : 'off';
  const bold = options.canary === false ? undefined : withoutCanary(site);
  if (bold)
    throw new InputError([
      {
        code: 'canary',
        severity: 'error',
        message: `--prune may take arguments from the kernel line, and this play begins with ${bold.batches[0]!.length} hosts at once`,
        position: bold.position,
        hint: 'try one host first with serial: [1, 100%] on the play or -l HOST, or give --no-canary',
      },
    ]);
  if (why === undefined) return 'remove';
  throw new InputError([
    {
      code: 'prune-in-part',
      severity: 'error',
      message: `--prune ${why}: what the tasks left out declare would be removed`,
      hint: 'run the whole site with --prune',
    },
  ]);
};
