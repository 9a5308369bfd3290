import { InputError } from '../diagnostics.ts';
import { siteOfRecords, type RecordedPlay } from '../engine/recorded-site.ts';
import { execute } from './execute.ts';
import type { Interrupts } from './interrupt.ts';
import { hostsOf } from './inventory.ts';
import { openInventory } from './load.ts';
import type { ExecuteOptions, InventoryOptions } from './options.ts';
import { readPlanFile, type PlanFile } from './plan-file.ts';
import type { Print } from './print.ts';
import { newRun } from './run.ts';

const playOf = (
  { name, batches, max_fail_percentage: most, hosts }: PlanFile['plays'][number],
  isMeant: (host: string) => boolean,
): RecordedPlay => ({
  name,
  batches: batches
    .map((batch) => batch.filter((host) => Object.hasOwn(hosts, host) && isMeant(host)))
    .filter(({ length }) => length > 0),
  ...(most !== undefined && { maxFailPercentage: most }),
  tasks: new Map(
    Object.entries(hosts).map(([host, all]) => [
      host,
      all.map(({ become, become_user: becomeUser, changes }) => ({
        become,
        becomeUser,
        recorded: { changes, direction: 'forth', force: false, folders: [] },
      })),
    ]),
  ),
});

/** Does exactly what a plan's file says; a host that is not as it was then is left alone, and the exit code is 11. */
export const apply = async (
  file: string,
  options: InventoryOptions & ExecuteOptions,
  print: Print,
  interrupts: Interrupts,
): Promise<number> => {
  const plan = readPlanFile(file);
  const [playbook] = plan.playbook;
  const { inventory, warnings, files } = openInventory(
    { inventory: plan.inventory, ...options },
    print.mask.hide,
    playbook,
  );
  const planned = [...new Set(plan.plays.flatMap(({ hosts }) => Object.keys(hosts)))];
  const unknown = planned.filter((host) => !inventory.hosts.has(host) && !inventory.implicit?.has(host));
  if (unknown.length > 0)
    throw new InputError(
      unknown.map((host) => ({
        code: 'unknown-host',
        severity: 'error',
        message: `the plan is for a host ${host}, which is not in the inventory`,
      })),
    );
  const meant = new Set(options.limit === undefined ? planned : hostsOf(inventory, options.limit));
  const plays = plan.plays
    .map((play) => playOf(play, (host) => meant.has(host)))
    .filter(({ batches }) => batches.length > 0);
  if (plays.length === 0) {
    print.data(`${file}: nothing to change`);
    return 0;
  }
  const { exit } = await execute(
    {
      run: newRun(),
      command: 'apply',
      site: siteOfRecords(plays, { file, line: 1, column: 1 }),
      prune: 'off',
      inventory,
      hash: plan.hash,
      warnings,
      source: files.text,
      description: {
        subject: file,
        ...(playbook !== undefined && { playbook }),
        options: { inventory: inventory.sources },
        secret: [],
      },
    },
    options,
    print,
    interrupts,
  );
  return exit;
};
