import { isGlob } from '../contract/glob.ts';
import type { AnyModule } from '../contract/module.ts';
import { decodeAll, type ReadOp, type Reads } from '../contract/reads.ts';
import { queryKey, type Snapshot } from '../contract/snapshot.ts';
import type { Step } from '../contract/steps.ts';
import type { Value } from '../inventory/types.ts';
import { memoize } from '../contract/memoize.ts';

type Word = string | number | null | undefined;

/** What an op has brought, in words that can be compared; undefined: it depends on what else there is. */
const broughtBy = (op: ReadOp, { content, stat, units, output }: Snapshot): readonly Word[] | undefined => {
  switch (op.op) {
    case 'content': {
      if (op.where || isGlob(op.pattern)) return undefined;
      const found = content.get(op.pattern);
      return found && 'raw' in found ? ['raw', found.raw] : ['errno', found?.errno];
    }
    case 'stat': {
      if (op.where || isGlob(op.pattern)) return undefined;
      const found = stat.get(op.pattern);
      return [found?.type, found?.mode, found?.uid, found?.gid, found?.link];
    }
    case 'unit': {
      const found = units.get(op.name);
      return [found?.load, found?.active, found?.enabled];
    }
    case 'query': {
      const found = output.get(queryKey(op.argv));
      return [found?.exit, found?.text];
    }
  }
};

const brought = (reads: Reads, snapshot: Snapshot): readonly Word[] | undefined => {
  const words: Word[] = [];
  for (const read of Object.values(reads))
    for (const op of read.ops) {
      const more = broughtBy(op, snapshot);
      if (!more) return undefined;
      words.push(...more);
    }
  return words;
};

interface Known {
  readonly words: readonly Word[];
  readonly steps: readonly Step[];
}

/** Before a change and after it, and a few hosts that are otherwise. */
const most = 4;

const planned = memoize((_module: AnyModule) => memoize((_params: object): Known[] => []));

const isEqual = (left: readonly Word[], right: readonly Word[]): boolean =>
  left.length === right.length && left.every((word, index) => word === right[index]);

/**
 * What a module wants for some parameters where these reads have brought this. That follows from both alone, as modules are pure: hosts
 * that share parameters, and on which the same was read, share the steps.
 */
export const stepsOf = (module: AnyModule, params: Value, reads: Reads, snapshot: Snapshot): readonly Step[] => {
  const plan = (): readonly Step[] => module.plan(params as never, decodeAll(reads, snapshot) as never);
  if (typeof params !== 'object' || params === null) return plan();
  const words = brought(reads, snapshot);
  if (!words) return plan();
  const all = planned(module)(params);
  const known = all.find((one) => isEqual(one.words, words));
  if (known) return known.steps;
  const steps = plan();
  all.unshift({ words, steps });
  all.length = Math.min(all.length, most);
  return steps;
};
