import { randomBytes } from 'node:crypto';
import { bytesOfText } from '../../contract/bytes.ts';
import type { ReadOp } from '../../contract/reads.ts';
import type { Snapshot } from '../../contract/snapshot.ts';
import type { Channel, ChannelEnd } from '../types.ts';
import { FrameError, parseAnswer, parseResults, parseRun, type WriteResult } from './frames.ts';
import { prelude, type ShellRoot } from './prelude.ts';
import { readScript, runScript, writeScript, type Program, type WriteOp } from './script.ts';

/** The shell was lost with a batch under way: what the batch did is not known. */
export class ShellLost extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ShellLost';
  }
}

export interface RunOutput {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One remote `/bin/sh`. Batches go out one at a time; each gives one framed answer. */
export interface Shell {
  /** One round trip, read-only. */
  readonly ask: (ops: readonly ReadOp[]) => Promise<Snapshot>;
  /** One round trip; results in the order of the ops. */
  readonly apply: (ops: readonly WriteOp[]) => Promise<readonly WriteResult[]>;
  /** One program of a playbook. */
  readonly run: (program: Program, folder?: string) => Promise<RunOutput>;
  readonly close: () => void;
}

const megabyte = 1024 * 1024;
const answerLimit = 256 * megabyte;
const askSeconds = 120;
const applySeconds = 900;

interface Answer {
  readonly stdout: string;
  readonly stderr: string;
}

const describeEnd = (end: ChannelEnd): string => {
  if (end.lost !== undefined) return end.lost;
  return end.signal === undefined
    ? `the remote shell ended with exit code ${end.exit ?? '?'}`
    : `the remote shell was killed by ${end.signal}`;
};

/**
 * Speaks with the `/bin/sh` behind a channel. The prelude travels with the first batch, so a fresh shell costs no round trip.
 * Each call throws ShellLost where the channel ends first or a deadline passes, FrameError where the answer is not as asked for.
 */
export const openShell = (channel: Channel, shellRoot: ShellRoot): Shell => {
  const nonce = randomBytes(16).toString('hex');
  let started = false;
  let root: string | undefined;
  let batches = 0;
  let queue: Promise<unknown> = Promise.resolve();
  let stdout: Buffer[] = [];
  let stderr: Buffer[] = [];
  let bytes = 0;
  let check: () => void = () => undefined;

  const receive = (into: 'stdout' | 'stderr') => (chunk: Buffer) => {
    (into === 'stdout' ? stdout : stderr).push(chunk);
    bytes += chunk.length;
    check();
  };
  channel.onStdout(receive('stdout'));
  channel.onStderr(receive('stderr'));

  const endsWith = (chunks: readonly Buffer[], mark: string): boolean => {
    let tail = '';
    for (let index = chunks.length - 1; index >= 0 && tail.length < mark.length; index--)
      tail = chunks[index]!.toString('latin1') + tail;
    return tail.endsWith(mark);
  };

  const exchange = (id: number, script: string, seconds: number): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const mark = `${nonce} end ${id}\n`;
      let settled = false;
      const settle = (finish: () => void) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        check = () => undefined;
        finish();
      };
      const lost = (why: string) =>
        settle(() => {
          channel.destroy();
          reject(new ShellLost(why));
        });
      const timer = setTimeout(() => lost(`no answer within ${seconds} s`), seconds * 1000);
      check = () => {
        if (bytes > answerLimit) lost(`the answer is larger than ${answerLimit / megabyte} MiB`);
        else if (endsWith(stdout, mark) && endsWith(stderr, mark))
          settle(() => {
            const answer = {
              stdout: Buffer.concat(stdout).toString('latin1'),
              stderr: Buffer.concat(stderr).toString('latin1'),
            };
            [stdout, stderr, bytes] = [[], [], 0];
            resolve(answer);
          });
      };
      void channel.closed.then((end) => {
        const said = Buffer.concat(stderr).toString('utf8').trim().split('\n').at(-1);
        lost(`${describeEnd(end)}${said ? ` (${said})` : ''}`);
      });
      const head = started ? '' : `${prelude(nonce, shellRoot)}pp_mark ready "$PP_ROOT"\n`;
      started = true;
      channel.write(bytesOfText(head + script));
    });

  /** What stands before our first line is a profile's noise; the ready line tells the absolute root. */
  const afterReady = (text: string): string => {
    if (root !== undefined) return text;
    const mark = `${nonce} ready `;
    const at = text.indexOf(mark);
    const end = text.indexOf('\n', at);
    if (at < 0 || end < 0) throw new FrameError('the shell did not start');
    root = text.slice(at + mark.length, end);
    return text.slice(end + 1);
  };

  const batch = <T>(
    make: (id: number) => { script: string; seconds: number; parse: (answer: Answer, root: string) => T },
  ) => {
    const next = queue.then(async () => {
      const id = ++batches;
      const { script, seconds, parse } = make(id);
      const answer = await exchange(id, script, seconds);
      const text = afterReady(answer.stdout);
      return parse({ ...answer, stdout: text }, root ?? '');
    });
    queue = next.catch(() => undefined);
    return next;
  };

  return {
    ask: (ops) =>
      batch((id) => {
        const { text, plan } = readScript(id, ops);
        return {
          script: text,
          seconds: askSeconds,
          parse: (answer, under) => parseAnswer(answer.stdout, nonce, under, plan, id),
        };
      }),
    apply: (ops) =>
      batch((id) => ({
        script: writeScript(id, ops),
        seconds: applySeconds,
        parse: (answer) => parseResults(answer.stdout, nonce, ops.length, id),
      })),
    run: (program, folder) =>
      batch((id) => ({
        script: runScript(id, program, folder),
        seconds: Math.max(applySeconds, (program.timeout ?? 0) + 60),
        parse: (answer) => {
          const { exit, text } = parseRun(answer.stdout, nonce, id);
          const errors = answer.stderr.split(`${nonce} run ${id}\n`)[1]?.split(`\n${nonce} ran ${id}\n`)[0] ?? '';
          return { exit, stdout: text, stderr: Buffer.from(errors, 'latin1').toString('utf8') };
        },
      })),
    close: () => channel.end(),
  };
};
