import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesOfText } from '../../contract/bytes.ts';
import type { ReadOp } from '../../contract/reads.ts';
import type { Snapshot } from '../../contract/snapshot.ts';
import type { Channel, ChannelEnd } from '../types.ts';
import {
  FrameError,
  parseAnswer,
  parseFate,
  parseResults,
  parseRun,
  type Fate,
  type RunOutput,
  type WriteResult,
} from './frames.ts';
import { changes, prelude, type ShellRoot } from './prelude.ts';
import {
  attachScript,
  endScript,
  readScript,
  runScript,
  tidyScript,
  writeScript,
  type Leftovers,
  type Program,
  type WriteOp,
} from './script.ts';

/** The shell was lost with a batch under way: what the batch did is not known. */
export class ShellLost extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ShellLost';
  }
}

/** One remote `/bin/sh`. Batches go out one at a time; each gives one framed answer. */
export interface Shell {
  /** One round trip, read-only. */
  readonly ask: (ops: readonly ReadOp[]) => Promise<Snapshot>;
  /** One round trip; results in the order of the ops. */
  readonly apply: (ops: readonly WriteOp[]) => Promise<readonly WriteResult[]>;
  /** One program of a playbook. */
  readonly run: (program: Program, folder?: string) => Promise<RunOutput>;
  /** Ends it; resolves when it has taken away what it kept and given back the lock, at once where there is none, a second later at most. */
  readonly close: () => Promise<void>;
}

/** A batch that changes something, and how its answer is read, whichever shell brings it. */
export interface Deed<T> {
  /** Secret: it frames the answer. */
  readonly token: string;
  readonly script: string;
  /** That it may take. */
  readonly seconds: number;
  readonly parse: (answer: Answer) => T;
}

/** Of a deed: its result, or why there is none. */
export type Attached<T> = { readonly fate: 'done'; readonly result: T } | Exclude<Fate, { readonly fate: 'done' }>;

/** A shell that can be asked for what another one has done. */
export interface OpenedShell extends Shell {
  /** Which boot of the host it is of; known from its first answer on, where the host tells. */
  readonly boot: () => string | undefined;
  readonly perform: <T>(deed: Deed<T>) => Promise<T>;
  /** What became of a deed that another shell began; the host waits for its end a while. */
  readonly attach: <T>(deed: Deed<T>) => Promise<Attached<T>>;
  readonly leftovers: () => Leftovers;
  /** Takes away, with its next words, what a shell whose connection was lost has left; nothing of that is of use any more. */
  readonly succeed: (lost: OpenedShell) => void;
}

const newToken = (): string => randomBytes(16).toString('hex');

export const applyDeed = (ops: readonly WriteOp[]): Deed<readonly WriteResult[]> => {
  const token = newToken();
  return {
    token,
    script: writeScript(token, ops),
    seconds: applySeconds,
    parse: ({ stdout }) => parseResults(stdout, token, ops.length),
  };
};

export const runDeed = (program: Program, folder?: string): Deed<RunOutput> => {
  const token = newToken();
  return {
    token,
    script: runScript(token, program, folder),
    seconds: Math.max(applySeconds, (program.timeout ?? 0) + 60),
    parse: ({ stdout, stderr }) => parseRun(stdout, stderr, token),
  };
};

const megabyte = 1024 * 1024;
const answerLimit = 256 * megabyte;
const askSeconds = 120;
const applySeconds = 900;
/** For the last words of a shell. */
const closeMs = 1000;
/** One look of the host at a batch that runs. */
const attachSeconds = 20;

/** Bytes as latin1 text: every byte is one character. */
export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
}

/** What is sent at once; `isQuestion`: it changes nothing, and never has. */
interface Batch {
  readonly script: string;
  readonly seconds: number;
  readonly isQuestion?: boolean;
}

const describeEnd = (end: ChannelEnd): string => {
  if (end.lost !== undefined) return end.lost;
  return end.signal === undefined
    ? `the remote shell ended with exit code ${end.exit ?? '?'}`
    : `the remote shell was killed by ${end.signal}`;
};

/**
 * Speaks with the `/bin/sh` behind a channel. The prelude travels with the first batch, so a fresh shell costs no round trip; what
 * changes need, with the first of them.
 * Each call throws ShellLost where the channel ends first or a deadline passes, FrameError where the answer is not as asked for.
 */
export const openShell = (channel: Channel, shellRoot: ShellRoot): OpenedShell => {
  const nonce = randomBytes(16).toString('hex');
  let started = false;
  /** It knows how to change something, and so may have the host's lock. */
  let isAble = false;
  let root: string | undefined;
  let bootId: string | undefined;
  let batches = 0;
  /** `PID:START`. */
  let itself: string | undefined;
  /** What is needed no more. */
  let stale: Leftovers = { answers: [], shells: [] };
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

  const tidy = (): string => {
    const script = tidyScript(stale);
    stale = { answers: [], shells: [] };
    return script;
  };
  const forget = ({ token }: { readonly token: string }): void => {
    stale = { ...stale, answers: [...stale.answers, token] };
  };

  const exchange = (id: number, { script, seconds, isQuestion = false }: Batch): Promise<Answer> =>
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
      const head = started
        ? ''
        : `${prelude(nonce, shellRoot)}pp_booted; pp_mark ready "$pp_boot $$:$pp_self $PP_ROOT"\n`;
      started = true;
      const last = tidy();
      const able = isAble || (isQuestion && last === '') ? '' : changes;
      isAble ||= able !== '';
      channel.write(bytesOfText(head + able + last + script));
    });

  /** What stands before our first line is a profile's noise; the ready line tells the absolute root. */
  const afterReady = (text: string): string => {
    if (root !== undefined) return text;
    const mark = `${nonce} ready `;
    const at = text.indexOf(mark);
    const end = text.indexOf('\n', at);
    if (at < 0 || end < 0) throw new FrameError('the shell did not start');
    const [boot = '', self = '', ...folder] = text.slice(at + mark.length, end).split(' ');
    if (boot !== '') bootId = boot;
    if (/^\d+:\d+$/.test(self)) itself = self;
    root = folder.join(' ');
    return text.slice(end + 1);
  };

  const batch = <T>(make: (id: number) => Batch & { readonly parse: (answer: Answer, root: string) => T }) => {
    const next = queue.then(async () => {
      const id = ++batches;
      const { parse, ...made } = make(id);
      const answer = await exchange(id, made);
      const text = afterReady(answer.stdout);
      return parse({ ...answer, stdout: text }, root ?? '');
    });
    queue = next.catch(() => undefined);
    return next;
  };

  const perform = async <T>(deed: Deed<T>): Promise<T> => {
    const result = await batch((id) => ({
      script: deed.script + endScript(id),
      seconds: deed.seconds,
      parse: deed.parse,
    }));
    forget(deed);
    return result;
  };

  return {
    ask: (ops) =>
      batch((id) => {
        const { text, plan } = readScript(id, ops);
        return {
          script: text,
          seconds: askSeconds,
          isQuestion: true,
          parse: (answer, under) => parseAnswer(answer.stdout, nonce, under, plan, id),
        };
      }),
    boot: () => bootId,
    apply: (ops) => perform(applyDeed(ops)),
    run: (program, folder) => perform(runDeed(program, folder)),
    perform,
    attach: async <T>(deed: Deed<T>): Promise<Attached<T>> => {
      const attached = await batch((id): Batch & { readonly parse: (answer: Answer) => Attached<T> } => ({
        script: attachScript(id, deed.token, attachSeconds),
        seconds: askSeconds,
        parse: ({ stdout, stderr }) => {
          const fate = parseFate(stdout, nonce, id);
          return fate.fate === 'done' ? { fate: 'done', result: deed.parse({ stdout: fate.stdout, stderr }) } : fate;
        },
      }));
      if (attached.fate !== 'running') forget(deed);
      return attached;
    },
    leftovers: () => ({ ...stale, shells: [...stale.shells, ...(itself === undefined ? [] : [itself])] }),
    succeed: (lost) => {
      const { answers, shells } = lost.leftovers();
      stale = { answers: [...stale.answers, ...answers], shells: [...stale.shells, ...shells] };
    },
    close: async () => {
      const last = tidy();
      if (last !== '') channel.write(bytesOfText((isAble ? '' : changes) + last));
      channel.end();
      if (isAble || last !== '') await Promise.race([channel.closed, sleep(closeMs, undefined, { ref: false })]);
    },
  };
};
