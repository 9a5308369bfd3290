import { naturally } from '../natural-order.ts';
import { groupBy } from './group.ts';
import type { FailureGroup, Summary } from './summary.ts';

/** What differs from host to host in a message of the connection: numbers of names, addresses and ports, and fingerprints. */
const varying = /(SHA256:[\w+/]+|\d+)/;

const split = (text: string | undefined): readonly string[] => (text ?? '').split(varying);

/** What texts have in common, with an ellipsis where they vary. */
const inCommon = (texts: readonly (string | undefined)[]): string => {
  const [first = [], ...others] = texts.map(split);
  return first.map((part, at) => (others.every((other) => other[at] === part) ? part : '…')).join('');
};

/** At even places stands what does not vary. */
const shape = (text: string | undefined): string => JSON.stringify(split(text).filter((_, at) => at % 2 === 0));

const merged = (groups: readonly FailureGroup[]): FailureGroup => {
  const [first] = groups as readonly [FailureGroup];
  if (groups.length === 1) return first;
  return {
    ...first,
    message: inCommon(groups.map(({ message }) => message)),
    hint: first.hint === undefined ? undefined : inCommon(groups.map(({ hint }) => hint)),
    hosts: new Set(groups.flatMap(({ hosts }) => [...hosts])),
  };
};

/**
 * Failures that count first, those of a task in the order of the playbook, then hosts that were not reached: all that are
 * refused for one reason together, though each message names an address of its own.
 */
export const sortedFailures = (summary: Summary): readonly FailureGroup[] => {
  const groups = [...summary.failures.values()];
  const inTasks = groups.filter(({ task }) => task !== undefined);
  const outside = groups.filter(({ task }) => task === undefined);
  const alike = ({ status, message, hint }: FailureGroup): string => `${status}${shape(message)}${shape(hint)}`;
  return [...inTasks, ...groupBy(outside, alike).map(merged)].sort(
    (left, right) =>
      Number(left.tolerated !== undefined) - Number(right.tolerated !== undefined) ||
      Number(left.task === undefined) - Number(right.task === undefined) ||
      naturally(left.task?.task ?? left.status, right.task?.task ?? right.status),
  );
};
