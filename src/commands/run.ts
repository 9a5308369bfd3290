import { randomBytes } from 'node:crypto';
import type { RunStarted } from '../report/events.ts';
import { execute } from './execute.ts';
import type { Interrupts } from './interrupt.ts';
import { openSite } from './load.ts';
import type { RunCommandOptions } from './options.ts';
import { createPlanWriter } from './plan-file.ts';
import type { Print } from './print.ts';
import { pruneOf } from './prune.ts';

/** Sorts by time, and two runs of one second differ. */
export const newRun = (now: Date = new Date()): string =>
  `${now.toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}-${randomBytes(3).toString('hex')}`;

/** Options that say what is done, as far as they hold no secret: `resume` takes them up. */
const recorded = [
  'inventory',
  'limit',
  'extraVars',
  'tags',
  'skipTags',
  'become',
  'canary',
  'prune',
  'user',
  'forks',
  'timeout',
  'connectionPasswordFile',
  'becomePasswordFile',
] as const;

const recordable = (options: RunCommandOptions, { mask }: Print) => {
  const given = recorded.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]] as const]));
  const isSecret = (value: unknown): boolean => mask.text(JSON.stringify(value)) !== JSON.stringify(value);
  return {
    options: Object.fromEntries(given.filter(([, value]) => !isSecret(value))),
    secret: given.filter(([, value]) => isSecret(value)).map(([name]) => name),
  };
};

/**
 * `run`, `run --check` and `plan`: one pipe, stopped after the first plan where nothing may be written.
 * Gives the exit code of the design's table; throws InputError before anybody is contacted.
 */
export const run = async (
  playbook: string,
  options: RunCommandOptions,
  command: RunStarted['command'],
  print: Print,
  interrupts: Interrupts,
  resumes?: string,
): Promise<number> => {
  const doing = options.expectNoChanges && command === 'run' ? 'check' : command;
  const isRun = doing === 'run';
  const { site, inventory, files, warnings } = openSite(playbook, options, print.mask.hide, !isRun);
  const id = newRun();
  const hash = files.hash();
  const planFile = options.out === undefined ? undefined : createPlanWriter(options.out, id, hash, site, inventory);
  const { exit, summary } = await execute(
    {
      run: id,
      command: doing,
      site,
      prune: pruneOf(site, options, !isRun),
      inventory,
      hash,
      warnings,
      source: (file) => {
        const text = files.text(file);
        return text && print.mask.lines(text);
      },
      ...(isRun && {
        description: {
          subject: playbook,
          playbook,
          ...recordable(options, print),
          ...(resumes !== undefined && { resumes }),
        },
      }),
      ...(planFile && { planned: planFile.planned, hear: planFile.hear }),
    },
    options,
    print,
    interrupts,
  );
  if (planFile) print.talk(await planFile.write(summary));
  return exit;
};
