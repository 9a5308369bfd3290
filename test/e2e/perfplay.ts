import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa, type Options } from 'execa';
import { stringify } from 'yaml';
import type { Diagnostic, Position } from '../../src/diagnostics.ts';
import type { Change, HostEnded, Outcome, Recap } from '../../src/report/events.ts';
import type { Lab } from '../lab/hosts.ts';
import { labProblem } from '../lab/need.ts';

const program = path.join(import.meta.dirname, '../../dist/perfplay.cjs');

/** Why no end-to-end test can run here; undefined where they can. */
export const e2eProblem = existsSync(program) ? labProblem : 'needs dist/ (node src/build.mjs makes it)';

/** A suite's name that says why the suite is skipped. */
export const titled = (name: string, problem = e2eProblem): string =>
  problem === undefined ? name : `${name} (skipped: ${problem})`;

/** What `--output json` prints, as far as the tests look at it. */
export interface Report {
  readonly run: string;
  readonly hosts: readonly Pick<HostEnded, 'host' | 'status' | 'message' | 'hint' | 'recap'>[];
  readonly tasks: readonly { readonly name: string; readonly outcomes: Readonly<Record<Outcome, number>> }[];
  readonly changes: readonly (Omit<Change, 'key'> & {
    readonly keys: readonly string[];
    readonly position: Position;
    readonly hosts: readonly string[];
    readonly unknown: boolean;
    readonly waits_for: string | null;
  })[];
  readonly failures: readonly {
    readonly status: string;
    readonly module: string | null;
    readonly reason: string | null;
    readonly message: string;
    readonly hint: string | null;
    readonly ignored: boolean;
    readonly hosts: readonly string[];
  }[];
  readonly warnings: readonly { readonly message: string }[];
  readonly diagnostics: readonly Diagnostic[];
  readonly recap: Recap;
  readonly exit: number;
  readonly stopped: string | null;
}

/** A call of it as one line of sh, for programs that want that. */
export const perfplayCommand = (...words: readonly string[]): string =>
  [process.execPath, program, ...words].map((word) => `'${word}'`).join(' ');

/** A program of the built command line, with nothing of this machine's own settings. */
export const startPerfplay = <T extends Options>(words: readonly string[], options: T) =>
  execa(process.execPath, [program, ...words], {
    reject: false,
    extendEnv: false,
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LANG: 'C.UTF-8' },
    stdin: 'ignore',
    ...options,
  });

/** A folder with an inventory and playbooks, from which perfplay is called. */
export interface Site {
  readonly folder: string;
  /** Text, or data that becomes YAML. */
  readonly write: (name: string, content: unknown) => void;
  readonly perfplay: (...words: readonly string[]) => Promise<{
    readonly exitCode: number | undefined;
    readonly stdout: string;
    readonly stderr: string;
  }>;
  /** With `--output json`; throws what stands on stderr where there is no report. */
  readonly report: (...words: readonly string[]) => Promise<Report>;
  readonly remove: () => void;
}

/**
 * Starts with the lab's inventory as `hosts.yml`; each call gets `-i hosts.yml` unless it has an `-i` or works on records, and a connect
 * timeout of 2 s.
 */
export const createSite = (lab: Pick<Lab, 'inventory'>): Site => {
  const folder = mkdtempSync(path.join(tmpdir(), 'perfplay-e2e-'));
  const write = (name: string, content: unknown): void => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : stringify(content));
  };
  write('hosts.yml', lab.inventory());
  const perfplay: Site['perfplay'] = async (...words) => {
    const connects = /^(run|plan|ping|facts|rollback|apply|resume)$/.test(words[0] ?? '');
    const records = /^(rollback|apply|resume|history|show)$/.test(words[0] ?? '');
    const inventory = words.includes('-i') || records ? [] : ['-i', 'hosts.yml'];
    const all = [...words, ...inventory, ...(connects ? ['--timeout', '2'] : [])];
    const { exitCode, stdout, stderr } = await startPerfplay(all, { cwd: folder });
    return { exitCode, stdout, stderr };
  };
  return {
    folder,
    write,
    perfplay,
    report: async (...words) => {
      const { stdout, stderr } = await perfplay(...words, '--output', 'json');
      if (!stdout.startsWith('{')) throw new Error(`no report: ${stdout}${stderr}`);
      return JSON.parse(stdout) as Report;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** One line for each changed key, level and host: what a plan and a run are compared by. */
export const changesOf = ({ changes }: Report): readonly string[] =>
  changes
    .flatMap(({ keys, hosts, before, after, levels }) =>
      hosts.flatMap((host) => keys.map((key) => `${host} ${key} ${before} → ${after} [${levels.join(' ')}]`)),
    )
    .sort();

export const statusOf = (report: Report, name: string): string | undefined =>
  report.hosts.find(({ host }) => host === name)?.status;
