import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { Change } from '../contract/changes.ts';
import { InputError } from '../diagnostics.ts';
import type { RunSummary } from '../engine/run.ts';
import type { Inventory } from '../inventory/types.ts';
import type { Play, Site, Task } from '../playbook/types.ts';
import type { Event } from '../report/events.ts';

/** Changes that one user makes on a host, in their order. */
export interface PlannedChanges {
  readonly become: boolean;
  readonly become_user: string;
  readonly changes: readonly Change[];
}

/** What `plan -o` writes and `apply` does: the changes themselves, with the values they replace. */
export interface PlanFile {
  readonly version: 1;
  readonly run: string;
  readonly created: string;
  readonly playbook: readonly string[];
  readonly hash: string;
  readonly inventory: readonly string[];
  readonly plays: readonly {
    readonly name: string;
    readonly batches: readonly (readonly string[])[];
    readonly max_fail_percentage?: number;
    readonly hosts: Readonly<Record<string, readonly PlannedChanges[]>>;
  }[];
  /** Tasks of the playbook that are acts, or wait for one: only a run does them. */
  readonly left_out: readonly string[];
}

/** Follows a plan, and writes it down in the end. */
export interface PlanWriter {
  readonly planned: (host: string, play: Play, task: Task, changes: readonly Change[]) => void;
  readonly hear: (event: Event) => void;
  /** Gives what to tell of it. Throws InputError where it cannot be written. */
  readonly write: (summary: RunSummary) => Promise<string>;
}

/** Only what a person decides: files of stores and bookkeeping follow from it when it is applied. */
const isDecided = ({ by }: Change): boolean => by === undefined;

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

export const createPlanWriter = (
  file: string,
  run: string,
  hash: string,
  { files, plays }: Site,
  inventory: Inventory,
): PlanWriter => {
  const found = new Map<Play, Map<string, PlannedChanges[]>>(plays.map((play) => [play, new Map()]));
  const leftOut = new Set<string>();
  return {
    planned: (host, play, { become, becomeUser }, all) => {
      const changes = all.filter(isDecided);
      if (changes.length === 0) return;
      const hosts = found.get(play)!;
      const own = hosts.get(host) ?? [];
      hosts.set(host, own);
      const last = own.at(-1);
      if (last && last.become === become && last.become_user === becomeUser)
        own[own.length - 1] = { ...last, changes: [...last.changes, ...changes] };
      else own.push({ become, become_user: becomeUser, changes });
    },
    hear: (event) => {
      if (event.type === 'task' && event.outcome === 'changed' && event.changes.length === 0)
        leftOut.add(`${event.position.file}:${event.position.line} ${event.name}`);
    },
    write: async ({ hosts: ended }) => {
      const sound = new Set(
        ended.flatMap(({ host, status }) => (status === 'ok' || status === 'changed' ? [host] : [])),
      );
      const plan: PlanFile = {
        version: 1,
        run,
        created: new Date().toISOString(),
        playbook: files,
        hash,
        inventory: inventory.sources,
        plays: plays.map((play) => ({
          name: play.name,
          batches: play.batches,
          ...(play.maxFailPercentage !== undefined && { max_fail_percentage: play.maxFailPercentage }),
          hosts: Object.fromEntries([...found.get(play)!].filter(([host]) => sound.has(host))),
        })),
        left_out: [...leftOut],
      };
      const temporary = `${file}.${run}`;
      try {
        await writeFile(temporary, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
        await rename(temporary, file);
      } catch (error) {
        await rm(temporary, { force: true });
        throw new InputError([
          {
            code: 'no-plan-file',
            severity: 'error',
            message: `${file} cannot be written: ${(error as Error).message}`,
          },
        ]);
      }
      const changed = new Set(plan.plays.flatMap(({ hosts }) => Object.keys(hosts)));
      const changes = plan.plays
        .flatMap(({ hosts }) => Object.values(hosts).flat())
        .reduce((sum, one) => sum + one.changes.length, 0);
      const missing = ended.filter(({ host }) => !sound.has(host)).map(({ host }) => host);
      return [
        `${file}: ${plural(changes, 'change')} on ${plural(changed.size, 'host')}; perfplay apply ${file}`,
        ...(missing.length > 0 ? [`  without ${missing.join(', ')}: what they need is not known`] : []),
        ...[...leftOut].map((task) => `  left out, as only a run does it: ${task}`),
      ].join('\n');
    },
  };
};

const refuse = (file: string, message: string, hint?: string): never => {
  throw new InputError([
    { code: 'no-plan-file', severity: 'error', message: `${file} ${message}`, ...(hint !== undefined && { hint }) },
  ]);
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf = (value: unknown, isOne: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(isOne);
const isText = (value: unknown): value is string => typeof value === 'string';

const isChange = (value: unknown): boolean =>
  isObject(value) &&
  isText(value['key']) &&
  isObject(value['at']) &&
  isText(value['at']['kind']) &&
  [value['before'], value['after']].every((one) => one === null || isText(one)) &&
  isListOf(value['dependsOn'], isText);

const isPlanned = (value: unknown): boolean =>
  isObject(value) &&
  typeof value['become'] === 'boolean' &&
  isText(value['become_user']) &&
  isListOf(value['changes'], isChange);

const isPlay = (value: unknown): boolean =>
  isObject(value) &&
  isText(value['name']) &&
  isListOf(value['batches'], (batch) => isListOf(batch, isText)) &&
  isObject(value['hosts']) &&
  Object.values(value['hosts']).every((all) => isListOf(all, isPlanned));

const isPlan = (value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & PlanFile =>
  isText(value['hash']) &&
  [value['playbook'], value['inventory']].every((list) => isListOf(list, isText)) &&
  isListOf(value['plays'], isPlay);

/** Throws InputError where it is no plan of this version. */
export const readPlanFile = (file: string): PlanFile => {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    refuse(file, `cannot be read: ${(error as Error).message}`);
  }
  let plan: unknown;
  try {
    plan = JSON.parse(text);
  } catch (error) {
    refuse(file, `is no plan: ${(error as Error).message}`, 'perfplay plan SITE -o FILE writes one');
  }
  if (!isObject(plan) || !('plays' in plan) || !('version' in plan))
    return refuse(file, 'is no plan', 'perfplay plan SITE -o FILE writes one');
  if (plan['version'] !== 1)
    return refuse(file, `is a plan of version ${String(plan['version'])}, which this perfplay does not know`);
  if (!isPlan(plan)) return refuse(file, 'is no plan that perfplay wrote', 'perfplay plan SITE -o FILE writes one');
  return plan;
};
