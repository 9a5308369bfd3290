import { groupNames } from '../../../contract/kernel-line.ts';
import { notice } from '../lines.ts';
import { dataLines, type KeptArgument, type KeptArguments } from './kept.ts';

/** What may stand in the generated shell: the file is sourced as root, so nothing that a shell would act on. */
const safeWord = /^[A-Za-z0-9][A-Za-z0-9_.-]*(?:=[A-Za-z0-9_.,:/@%+=*!~^-]*)?$/;

/** Where a group's words go: to every entry, or to the normal ones alone. */
const placement = ([group, { value, recovery }]: readonly [string, KeptArgument]): readonly string[] => {
  if (value === null) return [];
  return [
    recovery
      ? `perfplay_everywhere="$perfplay_everywhere ${value}"`
      : `perfplay_put "${groupNames(group).join(' ')}" "${value}"`,
  ];
};

/**
 * The grub.d drop-in: /etc/default/grub and every file before it keep their text; ours takes away every word of a kept name
 * from the variables, then appends. What stood in GRUB_CMDLINE_LINUX is of recovery entries too, and is replaced there, so that they
 * do not lose it. Throws on a word that a shell would not take literally.
 * With Xen, the kernel's own words may be replaced by others (20_linux_xen): those get ours too.
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
    perfplay_name=$(printf %s "\${perfplay_word%%=*}" | tr - _)
    case " ${names} " in
      *" $perfplay_name "*) perfplay_gone="$perfplay_gone $perfplay_name" ;;
      *) perfplay_kept="$perfplay_kept\${perfplay_kept:+ }$perfplay_word" ;;
    esac
  done
  set +f
}
perfplay_put() {
  for perfplay_name in $1; do
    case "$perfplay_gone " in
      *" $perfplay_name "*) perfplay_everywhere="$perfplay_everywhere $2"; return ;;
    esac
  done
  perfplay_normal="$perfplay_normal $2"
}
perfplay_gone='' perfplay_everywhere='' perfplay_normal=''
perfplay_without "$GRUB_CMDLINE_LINUX"
${[...kept].flatMap(placement).join('\n')}
GRUB_CMDLINE_LINUX="$perfplay_kept$perfplay_everywhere"
perfplay_without "$GRUB_CMDLINE_LINUX_DEFAULT"
GRUB_CMDLINE_LINUX_DEFAULT="$perfplay_kept$perfplay_normal"
if [ -n "\${GRUB_CMDLINE_LINUX_XEN_REPLACE:-}" ]; then
  perfplay_without "$GRUB_CMDLINE_LINUX_XEN_REPLACE"
  GRUB_CMDLINE_LINUX_XEN_REPLACE="$perfplay_kept$perfplay_everywhere"
fi
if [ -n "\${GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT:-}" ]; then
  perfplay_without "$GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT"
  GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT="$perfplay_kept$perfplay_normal"
fi
unset perfplay_kept perfplay_word perfplay_name perfplay_gone perfplay_everywhere perfplay_normal
`;
};
