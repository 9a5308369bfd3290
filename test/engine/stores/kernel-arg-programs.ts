/**
 * Programs of boot loaders, as far as the kernel line goes: written from what their sources and pages say they do, not from the
 * engine. Files at the root of the host make them old, or let them fail: /PROGRAM-fails, /PROGRAM-dies, /grubby-is-old.
 */

/** Every call, one a line, in /calls. */
const called = `#!/bin/sh
root=$PERFPLAY_ROOT
echo "\${0##*/} $*" >>"$root/calls"
`;

/**
 * grubby(8): one pass removes, then adds; an added name replaces its like; spaces become single ones. With ALL also kernelopts,
 * every GRUB_CMDLINE_LINUX= line, and /etc/kernel/cmdline, which is made where it is missing (not by old versions).
 */
const grubby = `${called}
if [ -e "$root/grubby-fails" ]; then echo 'cannot write: No space left on device' >&2; exit 1; fi
set -f
add='' remove='' all=''
for option; do
  case $option in
    --update-kernel=ALL) all=yes ;;
    --args=*) add=\${option#*=} ;;
    --remove-args=*) remove=\${option#*=} ;;
    *) echo "grubby: unknown option $option" >&2; exit 1 ;;
  esac
done
[ -n "$all" ] || { echo 'no action specified' >&2; exit 1; }
updated() {
  kept=''
  for word in $1; do
    gone=''
    for argument in $remove; do
      case $argument in
        *=*) [ "$word" != "$argument" ] || gone=yes ;;
        *) [ "\${word%%=*}" != "$argument" ] || gone=yes ;;
      esac
    done
    for argument in $add; do [ "\${word%%=*}" != "\${argument%%=*}" ] || gone=yes; done
    [ -n "$gone" ] || kept="$kept $word"
  done
  set -- $kept $add
  echo "$*"
}
# FILE HEAD TAIL: the line that begins with HEAD gets new arguments.
edit() {
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      "$2"*) line=\${line#"$2"}; printf '%s%s%s\\n' "$2" "$(updated "\${line%"$3"}")" "$3" ;;
      *) printf '%s\\n' "$line" ;;
    esac
  done <"$1" >"$1.grubby" && cat "$1.grubby" >"$1" && rm -f "$1.grubby"
}
set +f
for entry in "$root"/boot/loader/entries/*.conf; do
  last=$entry
  grep -q '^options .*\\$kernelopts' "$entry" || edit "$entry" 'options ' ''
  if [ -e "$root/grubby-dies" ]; then exit 137; fi
done
set -f
for block in "$root/boot/grub2/grubenv"; do
  old=$(sed -n 's/^kernelopts=//p' "$block" 2>/dev/null)
  [ -z "$old" ] || {
    new=$(updated "$old") text=$(sed 's/^#*$//; /^$/d' "$block")
    { printf '# GRUB Environment Block\\n'
      printf '%s\\n' "$text" | grep -v '^#' | while IFS= read -r line; do
        case $line in kernelopts=*) echo "kernelopts=$new" ;; *) printf '%s\\n' "$line" ;; esac
      done
    } >"$block.grubby"
    { cat "$block.grubby"; head -c 1024 /dev/zero | tr '\\0' '#'; } | head -c 1024 >"$block.new"
    cat "$block.new" >"$block"; rm -f "$block.grubby" "$block.new"
  }
done
[ ! -e "$root/grubby-is-old" ] || exit 0
[ ! -e "$root/etc/default/grub" ] || edit "$root/etc/default/grub" 'GRUB_CMDLINE_LINUX="' '"'
if [ -e "$root/etc/kernel/cmdline" ]; then
  edit "$root/etc/kernel/cmdline" '' ''
elif ! grep -q '^options .*\\$kernelopts' "$last"; then
  mkdir -p "$root/etc/kernel"
  sed -n 's/^options //p' "$last" >"$root/etc/kernel/cmdline"
fi
`;

/** grub2-mkconfig(8) of SUSE and the RHEL family: /etc/default/grub alone. */
const mkconfig = `${called}
if [ -e "$root/grub2-mkconfig-fails" ]; then echo '/etc/grub.d/42_broken: line 3: syntax error' >&2; exit 1; fi
. "$root/etc/default/grub"
while [ $# -gt 0 ]; do [ "$1" != -o ] || out=$2; shift; done
entry() {
  echo "menuentry '$1' --class os \\$menuentry_id_option 'gnulinux-$1' {"
  echo "	linux	/boot/vmlinuz-$version root=UUID=1 \${GRUB_CMDLINE_LINUX} $2"
  echo "	initrd	/boot/initrd-$version"
  echo '}'
}
{
  echo '### BEGIN /etc/grub.d/10_linux ###'
  for kernel in "$root"/boot/vmlinuz-*; do
    version=\${kernel##*/vmlinuz-}
    entry "Linux $version" "$GRUB_CMDLINE_LINUX_DEFAULT"
    [ "$GRUB_DISABLE_RECOVERY" = true ] || entry "Linux $version (recovery mode)" "single $GRUB_CMDLINE_LINUX_RECOVERY"
  done
  echo '### END /etc/grub.d/10_linux ###'
} >"$out.new"
if [ -e "$root/grub2-mkconfig-dies" ]; then exit 137; fi
mv -f "$out.new" "$out"
`;

const scriptCheck = `${called}
[ ! -e "$root/grub2-script-check-fails" ] || { echo 'syntax error at line 7' >&2; exit 1; }
`;

/**
 * rpm-ostree(1): \`kargs\` shows what boots next; changes make a new deployment, all or nothing. It deletes, then appends; what is
 * not there cannot be deleted, and a name alone only where it stands once, or without a value.
 */
const rpmOstree = `${called}
[ "$1" = kargs ] || exit 1
shift
[ $# -gt 0 ] || { cat "$root/deployment"; exit; }
if [ -e "$root/rpm-ostree-fails" ]; then echo 'error: Transaction in progress: upgrade' >&2; exit 1; fi
set -f
words=" $(cat "$root/deployment") " appended=''
for option; do
  word=\${option#*=}
  case $option in
    --delete=*)
      case $words in *" $word "*) ;; *) echo "error: No karg '$word' found" >&2; exit 1 ;; esac
      words="\${words%%" $word "*} \${words#*" $word "}" ;;
    --append=*) appended="$appended $word" ;;
    *) echo "error: Unknown option $option" >&2; exit 1 ;;
  esac
done
set -- $words $appended
echo "$*" >"$root/deployment.new"
if [ -e "$root/rpm-ostree-dies" ]; then exit 137; fi
mv -f "$root/deployment.new" "$root/deployment"
`;

export const bootPrograms: Readonly<Record<string, string>> = {
  grubby,
  'grub2-mkconfig': mkconfig,
  'grub2-script-check': scriptCheck,
  'rpm-ostree': rpmOstree,
};
