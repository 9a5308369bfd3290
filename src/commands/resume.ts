import { hostname } from 'node:os';
import { InputError } from '../diagnostics.ts';
import { descriptionOf, eventsOf, findRun, summaryOf } from '../record/read.ts';
import type { Interrupts } from './interrupt.ts';
import { hostsOf } from './inventory.ts';
import { openInventory } from './load.ts';
import type { InventoryOptions, RunCommandOptions } from './options.ts';
import type { Print } from './print.ts';
import { run as runCommand } from './run.ts';

const refuse = (message: string, hint?: string): never => {
  throw new InputError([{ code: 'no-run', severity: 'error', message, ...(hint !== undefined && { hint }) }]);
};

/** Options whose values may be secrets, as they are written. */
const flags: Readonly<Record<string, string>> = { extraVars: '-e', inventory: '-i', user: '-u' };

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/**
 * Goes on with a run whose controller died or was interrupted: the same playbook, with the same options, on the hosts that were not
 * done. What was done there is seen, and not done again.
 */
export const resume = async (
  word: string | undefined,
  options: Partial<RunCommandOptions> & { readonly last?: boolean },
  print: Print,
  interrupts: Interrupts,
): Promise<number> => {
  const run = findRun(word, options.last ?? false);
  const description =
    descriptionOf(run) ?? refuse(`there is no record of run ${run} here`, 'perfplay history lists them');
  if (description.command !== 'run')
    refuse(
      `${run} is a ${description.command}`,
      `call it again: perfplay ${description.command} ${description.subject}`,
    );
  const { started, ended, hosts } = summaryOf(eventsOf(run));
  if (
    !ended &&
    description.pid !== process.pid &&
    isAlive(description.pid) &&
    description.who.endsWith(`@${hostname()}`)
  )
    refuse(`run ${run} is still under way: process ${description.pid}`);
  const { last: _, limit, ...given } = options;
  const asked = { ...description.options, ...given };
  const { limit: __, ...everybody } = asked as InventoryOptions;
  const meant =
    limit === undefined
      ? undefined
      : new Set(hostsOf(openInventory(everybody, print.mask.hide, description.subject).inventory, limit));
  const left = (started?.hosts ?? []).filter((host) => {
    const status = hosts.get(host)?.status;
    return status !== 'ok' && status !== 'changed' && (meant?.has(host) ?? true);
  });
  if (started && left.length === 0) {
    print.data(`run ${run} has come to its end on all of its hosts${limit === undefined ? '' : ` of ${limit}`}`);
    return 0;
  }
  const missing = description.secret.filter((name) => !(name in options));
  if (missing.length > 0)
    refuse(`the record holds no secrets: give ${missing.map((name) => flags[name] ?? name).join(', ')} again`);
  const again = { ...asked, ...(left.length > 0 ? { limit: left.join(',') } : limit !== undefined && { limit }) };
  print.talk(`goes on with run ${run} on ${left.length > 0 ? `${left.length} hosts` : 'all hosts'}`);
  return runCommand(description.subject, again as RunCommandOptions, 'run', print, interrupts, run);
};
