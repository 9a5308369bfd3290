import type { Evaluation } from './evaluate.ts';
import { RebootError } from './reboot.ts';
import type { PlannedTask } from './task-plan.ts';

/** After a boot: it is not as declared, or the kernel does not follow. */
const isMissing = ({ write, pending, problem }: Evaluation): boolean =>
  write || pending === 'reboot' || problem?.reason === 'ineffective';

/** The host is up, and what should have come with the boot did not. */
export const notBrought = (missing: readonly Evaluation[]): RebootError => {
  const texts = missing.map(({ setting, problem }) => [setting.key, problem?.message].filter(Boolean).join(': '));
  const isOldLine = missing.every(({ setting, pending }) => setting.persist.store === 'kernel-arg' && pending);
  return isOldLine
    ? new RebootError(`the host came back with the old kernel line: ${texts.join(', ')}`, {
        reason: 'ineffective',
        hint: 'another boot entry or boot loader was started: compare /proc/cmdline there with the boot menu',
      })
    : new RebootError(`the boot did not bring what is declared: ${texts.join(', ')}`, {
        reason: 'ineffective',
        hint: 'something there sets it to another value at boot, or the kernel does not know it',
      });
};

/** What the declared tasks, planned anew after a boot, do not find: what should have been kept, and what was not meant to be. */
export const broughtBy = (
  planned: readonly PlannedTask[],
): { readonly missing: readonly Evaluation[]; readonly gone: readonly string[] } => {
  const differing = planned
    .filter(({ hostTask }) => !hostTask.task.ignoreErrors)
    .flatMap(({ hostTask: { task }, items }) =>
      items
        .flatMap(({ evaluations }) => evaluations)
        .filter(isMissing)
        .map((evaluation) => ({
          evaluation,
          isKept: evaluation.setting.persist.store !== 'none' && task.apply !== 'running',
        })),
    );
  const evaluations = (kept: boolean): readonly Evaluation[] =>
    differing.filter(({ isKept }) => isKept === kept).map(({ evaluation }) => evaluation);
  return { missing: evaluations(true), gone: evaluations(false).map(({ setting }) => setting.key) };
};
