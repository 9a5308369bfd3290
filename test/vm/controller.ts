import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { startPerfplay, type Report } from '../e2e/perfplay.ts';
import type { Guest } from '../lab/vm/guest.ts';

/** A folder with the guest's inventory, from which perfplay is called. */
export interface Controller {
  /** Text, or data that becomes YAML. */
  readonly write: (name: string, content: unknown) => void;
  /** Waits longer for a connection than on a real network: an emulated CPU needs seconds for a handshake. */
  readonly perfplay: (
    ...words: readonly string[]
  ) => Promise<{ readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string }>;
  /** Of a run with `--output json`; throws what it said where there is no report. */
  readonly report: (...words: readonly string[]) => Promise<Report>;
  readonly remove: () => void;
}

export const createController = (guest: Pick<Guest, 'inventory'>): Controller => {
  const folder = mkdtempSync(path.join(tmpdir(), 'perfplay-controller-'));
  const write = (name: string, content: unknown): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), typeof content === 'string' ? content : stringify(content));
  };
  write('hosts.yml', guest.inventory());
  const perfplay: Controller['perfplay'] = async (...words) => {
    const { exitCode, stdout, stderr } = await startPerfplay([...words, '-i', 'hosts.yml', '--timeout', '60'], {
      cwd: folder,
    });
    return { exitCode, stdout, stderr };
  };
  return {
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
