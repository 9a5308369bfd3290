/** Names of the single-queue kernels (before Linux 5.0) and of those since. */
const twins: readonly (readonly [string, string])[] = [
  ['noop', 'none'],
  ['deadline', 'mq-deadline'],
  ['cfq', 'bfq'],
];

/** Modules that a write of their name loads (block/elevator.c: "%s-iosched"), so that they work without being listed. */
const modular: ReadonlySet<string> = new Set(['mq-deadline', 'kyber', 'bfq']);

const twinOf = (name: string): string | undefined => {
  const pair = twins.find((one) => one.includes(name));
  return pair && (pair[0] === name ? pair[1] : pair[0]);
};

/**
 * The first of the wanted names that the kernel lists, by its own or its twin's name; where it lists none of them, the first that it
 * may load. Undefined: it can have none of them.
 */
export const chooseScheduler = (wanted: readonly string[], offered: readonly string[]): string | undefined => {
  const spellings = wanted.map((name) => [name, twinOf(name)].filter((one) => one !== undefined));
  const listed = spellings.flatMap((names) => names.find((name) => offered.includes(name)) ?? []);
  const loadable = spellings.flatMap((names) => names.find((name) => modular.has(name)) ?? []);
  return listed[0] ?? loadable[0];
};
