import { groupNames } from '../../../contract/kernel-line.ts';
import { notice } from '../lines.ts';

/** One group of arguments that perfplay keeps: the words to add, or none to take the group away. */
export interface KeptArgument {
  readonly value: string | null;
  readonly recovery: boolean;
}
export type KeptArguments = ReadonlyMap<string, KeptArgument>;

/** The data lines, from which both the next run and the generated shell are made. */
const line = (group: string, { value, recovery }: KeptArgument): string =>
  value === null ? `# perfplay drop ${group}` : `# perfplay ${recovery ? 'set-all' : 'set'} ${group} ${value}`;

/** The arguments that a file of ours keeps. */
export const parseKept = (text: string | null): KeptArguments =>
  new Map(
    (text ?? '').split('\n').flatMap((one): [string, KeptArgument][] => {
      const match = /^# perfplay (set|set-all|drop) (\S+)(?: (.*))?$/.exec(one);
      if (!match) return [];
      const [, verb, group, value = ''] = match;
      return [[group!, { value: verb === 'drop' ? null : value, recovery: verb === 'set-all' }]];
    }),
  );

export const dataLines = (kept: KeptArguments): readonly string[] =>
  [...kept].map(([group, entry]) => line(group, entry));

/** What may stand in the generated shell: the file is sourced as root, so nothing that a shell would act on. */
const safeWord = /^[A-Za-z0-9][A-Za-z0-9_.-]*(?:=[A-Za-z0-9_.,:/@%+=*!~^-]*)?$/;

const words = (kept: KeptArguments, recovery: boolean): string =>
  [...kept.values()]
    .filter((entry) => entry.value !== null && entry.recovery === recovery)
    .map((entry) => entry.value)
    .join(' ');

/**
 * The grub.d drop-in: /etc/default/grub and every file before it keep their text; ours takes away every word of a kept name
 * from both variables, then appends. Throws on a word that a shell would not take literally.
 */
export const renderDropIn = (kept: KeptArguments): string | null => {
  if (kept.size === 0) return null;
  for (const { value } of kept.values())
    for (const word of value?.split(' ') ?? [])
      if (!safeWord.test(word)) throw new Error(`${word}: not a word that may stand on a kernel line`);
  const names = [...kept.keys()].flatMap(groupNames).join(' ');
  return `${notice}
${dataLines(kept).join('\n')}
perfplay_without() {
  perfplay_kept=''
  set -f
  for perfplay_word in $1; do
    case " ${names} " in
      *" $(printf %s "\${perfplay_word%%=*}" | tr - _) "*) ;;
      *) perfplay_kept="$perfplay_kept\${perfplay_kept:+ }$perfplay_word" ;;
    esac
  done
  set +f
}
perfplay_without "$GRUB_CMDLINE_LINUX"
GRUB_CMDLINE_LINUX="$perfplay_kept${prefixed(words(kept, true))}"
perfplay_without "$GRUB_CMDLINE_LINUX_DEFAULT"
GRUB_CMDLINE_LINUX_DEFAULT="$perfplay_kept${prefixed(words(kept, false))}"
unset perfplay_kept perfplay_word
`;
};

function prefixed(text: string): string {
  return text === '' ? '' : ` ${text}`;
}
