import type { RunSummary } from '../engine/run.ts';
import type { Event, HostEnded, HostStage } from '../report/events.ts';

/** What Ctrl-C says while hosts are at work: the first lets them come to an end, the second does not wait. */
export const interruptText = 'interrupted: hosts finish what they are doing; Ctrl-C again stops at once';

/** Whoever ends the program: the first time what is under way comes to its end, the second time nothing is waited for. */
export interface Interrupts {
  readonly signal: AbortSignal;
  readonly halt: AbortSignal;
}

/** What is to be told when nothing is waited for. */
export interface Halted {
  readonly hear: (event: Event) => void;
  /** What has come to an end by then; resolves only when it is halted. */
  readonly summary: Promise<RunSummary>;
  /** The run has been called ended: what still comes of it is of no interest. */
  readonly isOver: () => boolean;
}

const nothing = { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0, pending: [] };

/** Stages in which something may have been changed that was not read back. */
const isChanging = (stage: HostStage['stage'] | undefined): boolean =>
  stage === 'apply' || stage === 'verify' || stage === 'reboot';

/** Follows a run so that it can be called ended at any moment, with the state of every host. */
export const haltedHosts = ({ signal, halt }: Interrupts, say: (text: string) => Promise<void>): Halted => {
  const stages = new Map<string, HostStage['stage'] | undefined>();
  const ended = new Map<string, HostEnded>();
  let isOver = false;
  signal.addEventListener('abort', () => void (isOver || say(interruptText)), { once: true });

  const summarise = (): RunSummary => {
    const open = [...stages].filter(([host]) => !ended.has(host));
    const unknown = open.flatMap(([host, stage]): readonly HostEnded[] =>
      isChanging(stage)
        ? [
            {
              type: 'host-ended',
              host,
              status: 'unknown',
              message: 'nobody waited for the end of its changes',
              hint: 'what was under way runs to its end there; run again: what was done is seen, what was not is done',
              recap: nothing,
            },
          ]
        : [],
    );
    const undone = open.filter(([, stage]) => !isChanging(stage)).map(([host]) => host);
    const parts = [
      ...(unknown.length > 0 ? [`changes are under way on ${unknown.map(({ host }) => host).join(', ')}`] : []),
      ...(undone.length > 0 ? [`nothing is under way on ${undone.length} hosts that are not done`] : []),
    ];
    return {
      hosts: [...ended.values(), ...unknown],
      undone,
      stopped: ['stopped at once', ...parts].join('; '),
      asks: 0,
      interrupted: true,
    };
  };

  return {
    hear: (event) => {
      if (event.type === 'run-started') for (const host of event.hosts) stages.set(host, undefined);
      else if (event.type === 'host-stage') stages.set(event.host, event.stage);
      else if (event.type === 'host-ended') ended.set(event.host, event);
      else if (event.type === 'run-ended') isOver = true;
    },
    summary: new Promise((resolve) => halt.addEventListener('abort', () => resolve(summarise()), { once: true })),
    isOver: () => isOver,
  };
};
