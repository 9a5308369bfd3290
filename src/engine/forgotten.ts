import { verbatim } from '../contract/codecs.ts';
import { combine, file, type Read } from '../contract/reads.ts';
import type { Setting } from '../contract/steps.ts';
import { textOf } from './stores/lines.ts';
import { targetKey } from './targets.ts';

/** Below /run: a boot takes the file away, and with it what it is about. */
export const forgottenFile = '/run/perfplay/forgotten';

/** The names that the file's text holds. */
export const namesOf = (text: string | null): ReadonlyMap<string, string> =>
  new Map((text ?? '').split('\n').flatMap((line) => (line === '' ? [] : [[line, line]])));

/** What was taken out of what perfplay keeps since the host was booted: its effect is still there. */
export const forgotten: Read<{ readonly text: string | null; readonly names: ReadonlySet<string> }> = combine(
  { lines: file(forgottenFile, verbatim) },
  ({ lines }) => {
    const text = textOf(lines);
    return { text, names: new Set(namesOf(text).keys()) };
  },
);

/** How a kept value is named among all that perfplay keeps; undefined: nothing is kept of it. */
export const keptName = ({
  persist,
  running: { target },
}: Pick<Setting, 'persist' | 'running'>): string | undefined => {
  if ('name' in persist) return `${persist.store} ${persist.name}`;
  return persist.store === 'itself' && target ? targetKey(target) : undefined;
};

export const renderForgotten = (names: ReadonlySet<string>): string | null =>
  names.size === 0 ? null : [...names].map((name) => `${name}\n`).join('');
