import { InputError } from '../diagnostics.ts';
import type { Prune } from '../engine/prune.ts';
import { tasksOf } from '../playbook/sequence.ts';
import type { Site } from '../playbook/types.ts';
import type { RunCommandOptions } from './options.ts';

/** Why the site does not tell all that its hosts are to keep. */
const unsaid = (site: Site, { tags = [], skipTags = [] }: RunCommandOptions): string | undefined => {
  if (tags.length + skipTags.length > 0) return 'with -t or --skip-tags';
  const delegated = site.plays
    .flatMap(({ sequence, handlers }) => [...tasksOf(sequence), ...handlers])
    .find(({ delegateTo, module }) => delegateTo !== undefined && (module.removable || module.stores.length > 0));
  return delegated && `while "${delegated.name}" (${delegated.position.file}:${delegated.position.line}) is delegated`;
};

/**
 * What becomes of what hosts keep and nobody declares: a plan names it, `--prune` removes it.
 * Throws InputError where the tasks that are run are not all that the site declares.
 */
export const pruneOf = (site: Site, options: RunCommandOptions, isPlan: boolean): Prune => {
  const why = unsaid(site, options);
  if (!options.prune) return isPlan && why === undefined ? 'list' : 'off';
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
