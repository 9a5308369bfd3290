import pLimit from 'p-limit';
import { ShellLost, type Shell } from '../connect/shell/shell.ts';
import { FrameError } from '../connect/shell/frames.ts';
import { BecomeError, ConnectError } from '../connect/types.ts';
import { createHostShells } from '../engine/shells.ts';
import type { SnapshotView } from '../engine/snapshot-view.ts';
import type { Host, Inventory } from '../inventory/types.ts';
import { escapeText } from '../report/escape.ts';
import { createConnector } from './connection.ts';
import { interruptText } from './interrupt.ts';
import type { ConnectOptions } from './options.ts';
import type { Print } from './print.ts';

export type HostAnswer<T> = { readonly host: string; readonly answer: T } | HostFailure;

export interface HostFailure {
  readonly host: string;
  readonly status: 'unreachable' | 'failed';
  readonly message: string;
  readonly hint?: string;
}

const failure = (host: string, error: unknown): HostFailure => {
  const hint = error instanceof ConnectError || error instanceof BecomeError ? error.hint : undefined;
  const more = { host, ...(hint !== undefined && { hint }) };
  if (error instanceof ConnectError || error instanceof ShellLost)
    return {
      hint: 'look at its sshd (journalctl -u ssh) and its network',
      ...more,
      status: 'unreachable',
      message: error.message,
    };
  if (error instanceof BecomeError || error instanceof FrameError)
    return { ...more, status: 'failed', message: error.message };
  throw error;
};

/** `kvm04 : unreachable  ECONNREFUSED …`, and under it what to do. */
export const failureText = ({ host, status, message, hint }: HostFailure): string =>
  [`${host} : ${status}  ${escapeText(message)}`, ...(hint ? [`  hint: ${escapeText(hint)}`] : [])].join('\n');

/** Does one read-only thing on many hosts, side by side; `tell` hears of each as it comes. Gives all of it in the hosts' order. */
export const onHosts = async <T>(
  inventory: Inventory,
  names: readonly string[],
  options: ConnectOptions & { readonly become?: boolean },
  print: Print,
  signal: AbortSignal,
  work: (shell: Shell, view: SnapshotView, host: Host) => Promise<T>,
  tell: (answer: HostAnswer<T>) => void = () => undefined,
): Promise<readonly HostAnswer<T>[]> => {
  const connector = await createConnector(options, signal, print.mask.hide);
  signal.addEventListener('abort', () => print.talk(interruptText), { once: true });
  const limit = pLimit(options.forks);
  const answerOf = async (name: string): Promise<HostAnswer<T>> => {
    const host = connector.withPassword((inventory.hosts.get(name) ?? inventory.implicit?.get(name))!);
    const shells = createHostShells(host, connector.connect);
    const become = options.become || host.connection.become;
    try {
      const { shell, view } = await shells.for(become ? (host.connection.becomeUser ?? 'root') : undefined);
      return { host: name, answer: await work(shell, view, host) };
    } catch (error) {
      return failure(name, error);
    } finally {
      await shells.close();
    }
  };
  return Promise.all(
    names.map((name) =>
      limit(async () => {
        const answer = await answerOf(name);
        tell(answer);
        return answer;
      }),
    ),
  );
};

/** 2: some host failed, 4: some unreachable, 6: both. */
export const answersCode = (answers: readonly HostAnswer<unknown>[]): number => {
  const has = (status: string): boolean => answers.some((answer) => 'status' in answer && answer.status === status);
  return (has('failed') ? 2 : 0) + (has('unreachable') ? 4 : 0);
};
