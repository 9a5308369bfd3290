import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { InputError } from '../../diagnostics.ts';
import type { Diagnostic, Position } from '../../diagnostics.ts';
import type { MapNode } from '../../yaml/nodes.ts';
import { readJson } from '../json.ts';

export interface ScriptLimits {
  /** Milliseconds for each call. */
  readonly timeout: number;
  /** Bytes of what one call may print. */
  readonly output: number;
}

export const defaultLimits: ScriptLimits = { timeout: 300_000, output: 256 * 1024 * 1024 };

/** One call of an inventory script. */
export interface ScriptAnswer {
  readonly map: MapNode;
  /** Keys of the map that cannot be. */
  readonly diagnostics: readonly Diagnostic[];
  /** The end of what it said on standard error. */
  readonly said: string;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its interpreter (the first line) does not exist',
  EACCES: 'permission denied',
  ENOEXEC: 'this system cannot execute it',
};

/** The last lines of a text as one, for a message. */
const lastLines = (text: string): string => {
  const lines = text.split('\n').map((line) => line.replaceAll(/\p{Cc}/gu, ' ').trim());
  return lines.filter(Boolean).slice(-3).join(' / ').slice(-500);
};

const firstLine = (text: string): string => {
  const line = text
    .trim()
    .split('\n', 1)[0]!
    .replaceAll(/\p{Cc}/gu, ' ');
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
};

/**
 * Calls the script at `position` with these words, without a shell; it must print one JSON map. Nothing at all counts as an
 * empty map for `--host`. Throws InputError (`script-failed`, `script-output`) where it does not.
 */
export const callScript = (position: Position, words: readonly string[], limits: ScriptLimits): ScriptAnswer => {
  const { file } = position;
  const command = [file, ...words].join(' ');
  const fault = (code: 'script-failed' | 'script-output', what: string, hint?: string): InputError =>
    new InputError([{ code, severity: 'error', message: `${command} ${what}`, position, ...(hint && { hint }) }]);

  const run = (): { readonly stdout: string; readonly said: string } => {
    const { error, status, signal, stdout, stderr } = spawnSync(resolve(file), words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limits.timeout,
      maxBuffer: limits.output,
      killSignal: 'SIGKILL',
    });
    const reason = error && ((error as NodeJS.ErrnoException).code ?? error.message);
    if (reason === 'ETIMEDOUT') throw fault('script-failed', `did not end within ${limits.timeout / 1000} s`);
    if (reason === 'ENOBUFS') throw fault('script-failed', `printed more than ${limits.output} bytes`);
    if (reason !== undefined) throw fault('script-failed', `cannot be run: ${reasons[reason] ?? reason}`);
    const said = lastLines(stderr.toString());
    if (status !== 0) {
      const end = signal ? `was ended by ${signal}` : `ended with exit code ${status}`;
      throw fault('script-failed', said === '' ? end : `${end}: ${said}`);
    }
    try {
      return { stdout: new TextDecoder('utf-8', { fatal: true }).decode(stdout), said };
    } catch {
      throw fault('script-output', 'printed what is not UTF-8 text');
    }
  };

  const { stdout, said } = run();
  const hint = 'an inventory script prints one JSON map and nothing else';
  if (stdout.trim() === '') {
    if (words[0] !== '--host') throw fault('script-output', 'printed nothing', hint);
    return { map: { kind: 'map', entries: [], position }, diagnostics: [], said };
  }
  const read = readJson(stdout, () => position);
  if ('problem' in read) {
    if (!/^\s*[{[]/.test(stdout))
      throw fault('script-output', `printed what is not JSON: "${firstLine(stdout)}"`, hint);
    const where = `line ${read.line}, column ${read.column}`;
    throw fault('script-output', `printed what is not JSON: ${read.problem} at ${where}`, hint);
  }
  if (read.document.kind !== 'map') throw fault('script-output', 'printed JSON that is no map', hint);
  const diagnostics = read.diagnostics.map((one) => ({ ...one, message: `in what ${command} prints: ${one.message}` }));
  return { map: read.document, diagnostics, said };
};
