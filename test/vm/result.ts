import { statusOf, type Report } from '../e2e/perfplay.ts';

/** What a run came to, in one value: its failures stand in the message of a test that fails. */
export const resultOf = (report: Report) => ({
  exit: report.exit,
  status: statusOf(report, 'guest'),
  failures: report.failures.map(({ message }) => message),
});

/** A run without failures. */
export const good = (status: 'ok' | 'changed') => ({ exit: 0, status, failures: [] });

/** `key [levels]` of every change, in order of the alphabet. */
export const changedKeys = ({ changes }: Report): readonly string[] =>
  changes.flatMap(({ keys, levels }) => keys.map((key) => `${key} [${levels.join(' ')}]`)).toSorted();
