import { groupNames } from '../../../contract/kernel-line.ts';
import { notice } from '../lines.ts';
import { dataLines, type KeptArguments } from './kept.ts';

/** What may stand in the generated shell: the file is sourced as root, so nothing that a shell would act on. */
const safeWord = /^[A-Za-z0-9][A-Za-z0-9_.-]*(?:=[A-Za-z0-9_.,:/@%+=*!~^-]*)?$/;

const words = (kept: KeptArguments, recovery: boolean): string =>
  [...kept.values()]
    .filter((entry) => entry.value !== null && entry.recovery === recovery)
    .map((entry) => entry.value)
    .join(' ');

/**
 * The grub.d drop-in: /etc/default/grub and every file before it keep their text; ours takes away every word of a kept name
 * from the variables, then appends. Throws on a word that a shell would not take literally.
 * With Xen, the kernel's own words may be replaced by others (20_linux_xen): those get ours too.
 */
export const renderDropIn = (kept: KeptArguments): string | null => {
  if (kept.size === 0) return null;
  for (const { value } of kept.values())
    for (const word of value?.split(' ') ?? [])
      if (!safeWord.test(word)) throw new Error(`${word}: not a word that may stand on a kernel line`);
  const names = [...kept.keys()].flatMap(groupNames).join(' ');
  const [everywhere, normal] = [prefixed(words(kept, true)), prefixed(words(kept, false))];
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
GRUB_CMDLINE_LINUX="$perfplay_kept${everywhere}"
perfplay_without "$GRUB_CMDLINE_LINUX_DEFAULT"
GRUB_CMDLINE_LINUX_DEFAULT="$perfplay_kept${normal}"
if [ -n "\${GRUB_CMDLINE_LINUX_XEN_REPLACE:-}" ]; then
  perfplay_without "$GRUB_CMDLINE_LINUX_XEN_REPLACE"
  GRUB_CMDLINE_LINUX_XEN_REPLACE="$perfplay_kept${everywhere}"
fi
if [ -n "\${GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT:-}" ]; then
  perfplay_without "$GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT"
  GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT="$perfplay_kept${normal}"
fi
unset perfplay_kept perfplay_word
`;
};

function prefixed(text: string): string {
  return text === '' ? '' : ` ${text}`;
}
