import { tasksOf } from '../sequence.ts';
import type { Inventory } from '../../inventory/types.ts';
import type { TaskDefinition } from '../definitions.ts';
import type { Problems } from '../problems.ts';
import { nameHosts } from '../problems.ts';
import type { Reboot } from '../types.ts';
import type { SelectedPlay } from './select.ts';

type OwnReboot = Reboot<TaskDefinition>;

const around = ({ drain, checks, undrain }: OwnReboot): readonly TaskDefinition[] =>
  [drain, checks, undrain].flatMap(tasksOf);

/** Hosts wait there for whoever is down, who would wait for the first host of the batch. */
const checkRunOnce = (reboot: OwnReboot, problems: Problems): void => {
  for (const { task, moduleAt } of around(reboot))
    if (task.runOnce)
      problems.error(
        'not-allowed',
        `run_once cannot be in drain, post_reboot or undrain: each host goes through them by itself, as "${task.name}" cannot`,
        moduleAt,
        'leave run_once out, or do the task before',
      );
};

/**
 * What a play says of reboots must go together: `max_down` is of a play that boots its hosts, by itself or by a task; a task's
 * boot is without the play's `drain` and checks; the variable of `per` tells hosts apart.
 */
export const checkReboots = (
  { definition, play, sequence }: SelectedPlay,
  { hosts, implicit }: Inventory,
  problems: Problems,
): void => {
  const own = sequence.find((part) => part.kind === 'reboot');
  if (own) checkRunOnce(own, problems);
  const tasks = [...sequence.filter((part) => part !== own).flatMap((part) => tasksOf([part])), ...definition.handlers];
  const boots = tasks.filter(({ task }) => task.module.kind === 'reboot');
  if (own && around(own).length > 0)
    for (const { moduleAt } of boots)
      problems.warn(
        'unattended-reboot',
        'this boots the host without drain, post_reboot and undrain of the play',
        moduleAt,
        'leave it to reboot: when-required',
      );
  const { maxDown } = play;
  if (!maxDown) return;
  if (!own && boots.length === 0)
    problems.error('missing-key', "'max_down' is of reboots: it needs reboot: when-required", maxDown.position);
  const { per } = maxDown;
  if (per === undefined) return;
  const without = play.hosts.filter((name) => !(hosts.get(name) ?? implicit?.get(name))?.variables.has(per));
  if (without.length > 0)
    problems.warn(
      'undefined-variable',
      `'${per}' of max_down is not set for ${nameHosts(without)}: they count as one group`,
      maxDown.position,
    );
};
