import type { Block, HostTask, Reboot, Sequence } from '../playbook/types.ts';

/** How tasks ended: all done; one failed, which a rescue may mend; the host must stop here, whatever would follow. */
export type Ended = 'done' | 'failed' | 'stopped';

/** What a sequence needs done. */
export interface SequenceActs {
  /** Tasks that stand side by side. `rescuable`: a failure here has a rescue. */
  readonly tasks: (tasks: readonly HostTask[], rescuable: boolean) => Promise<Ended>;
  readonly reboot: (part: Reboot<HostTask>, rescuable: boolean) => Promise<Ended>;
  readonly flushHandlers: (rescuable: boolean) => Promise<Ended>;
  /** What was changed from here on is a block's. */
  readonly enterBlock: () => number;
  /** A block with these tasks has failed and is about to be rescued; `since`: from when its changes are. */
  readonly rescue: (failed: readonly HostTask[], since: number) => void;
  /** Whether the rescue has taken the block's changes back: then nothing was made good. Asked once a rescue. */
  readonly isRolledBack: () => boolean;
}

const runBlock = async (block: Block<HostTask>, acts: SequenceActs, rescuable: boolean): Promise<Ended> => {
  const isRescued = block.rescue.length > 0;
  const since = acts.enterBlock();
  let ended = await runSequence(block.block, acts, rescuable || isRescued);
  if (ended === 'failed' && isRescued) {
    acts.rescue(everyTask(block.block), since);
    ended = await runSequence(block.rescue, acts, rescuable);
    if (acts.isRolledBack() && ended === 'done') ended = 'failed';
  }
  if (ended === 'stopped') return ended;
  const last = await runSequence(block.always, acts, rescuable);
  return last === 'done' ? ended : last;
};

/** Runs the parts of a sequence in order, up to the first that fails. Rule: Ansible's guide on blocks. */
export const runSequence = async (
  sequence: Sequence<HostTask>,
  acts: SequenceActs,
  rescuable: boolean,
): Promise<Ended> => {
  let index = 0;
  while (index < sequence.length) {
    const part = sequence[index]!;
    let ended: Ended;
    if (part.kind === 'task') {
      const end = sequence.findIndex(({ kind }, at) => at > index && kind !== 'task');
      const beside = sequence.slice(index, end < 0 ? undefined : end);
      ended = await acts.tasks(
        beside.flatMap((one) => (one.kind === 'task' ? [one.task] : [])),
        rescuable,
      );
      index += beside.length;
    } else {
      if (part.kind === 'block') ended = await runBlock(part, acts, rescuable);
      else if (part.kind === 'reboot') ended = await acts.reboot(part, rescuable);
      else ended = await acts.flushHandlers(rescuable);
      index++;
    }
    if (ended !== 'done') return ended;
  }
  return 'done';
};

/** Every task of a sequence, rescues too. */
export const everyTask = (sequence: Sequence<HostTask>): readonly HostTask[] =>
  sequence.flatMap((part) => {
    if (part.kind === 'task') return [part.task];
    if (part.kind === 'reboot') return [part.drain, part.checks, part.undrain].flatMap(everyTask).concat(part.reboot);
    return part.kind === 'block' ? [part.block, part.rescue, part.always].flatMap(everyTask) : [];
  });

/** What is likely to be run of a sequence: rescues are not. */
export const likelyTasks = (sequence: Sequence<HostTask>): readonly HostTask[] =>
  sequence.flatMap((part) => {
    if (part.kind === 'task') return [part.task];
    return part.kind === 'block' ? [part.block, part.always].flatMap(likelyTasks) : [];
  });
