#!/bin/sh
# grubby(8) of a simulated host: the `options` lines of the boot loader entries, the words that EL9 keeps beside them, and --info.
set -fu
root=$PERFPLAY_ROOT

which='' add='' remove='' act=''
while [ $# -gt 0 ]; do
  case $1 in
    --update-kernel=*) act=update which=${1#*=} ;;
    --update-kernel) act=update which=$2 && shift ;;
    --info=*) act=info which=${1#*=} ;;
    --info) act=info which=$2 && shift ;;
    --args=*) add=${1#*=} ;;
    --args) add=$2 && shift ;;
    --remove-args=*) remove=${1#*=} ;;
    --remove-args) remove=$2 && shift ;;
    --default-kernel) act=default ;;
  esac
  shift
done

saved=$(sed -n 's/^saved_entry=//p' "$root/boot/grub2/grubenv")
field() { sed -n "s/^$2 //p" "$1"; }
entries() {
  set +f
  for file in "$root"/boot/loader/entries/*.conf; do
    case $which in
      ALL) printf '%s\n' "$file" ;;
      DEFAULT) case $file in */"$saved.conf") printf '%s\n' "$file" ;; esac ;;
      *) [ "$(field "$file" linux)" != "$which" ] || printf '%s\n' "$file" ;;
    esac
  done
  set -f
}
# WORDS without those that ARGUMENTS take away (by name, or by name=value where `exact`), and with those that are added.
edited() {
  kept=''
  for word in $1; do
    gone=''
    for argument in $remove; do
      case $argument in
        *=*) [ "$word" != "$argument" ] || gone=yes ;;
        *) [ "${word%%=*}" != "$argument" ] || gone=yes ;;
      esac
    done
    for argument in $add; do [ "${word%%=*}" != "${argument%%=*}" ] || gone=yes; done
    [ -n "$gone" ] || kept="$kept${kept:+ }$word"
  done
  printf '%s' "$kept${add:+${kept:+ }$add}"
}
replace() {
  cat "$2" >"$2.new"
  awk -v head="$1" -v tail="${4:-}" -v text="$3" 'index($0, head) == 1 { print head text tail; next } { print }' "$2.new" >"$2"
  rm -f "$2.new"
}

case $act in
  update)
    files=$(entries)
    [ -n "$files" ] || { echo "The param $which is incorrect" >&2; exit 1; }
    IFS='
'
    for file in $files; do
      unset IFS
      replace 'options ' "$file" "$(edited "$(field "$file" options)")"
    done
    unset IFS
    [ "$which" = ALL ] || exit 0
    replace 'GRUB_CMDLINE_LINUX="' "$root/etc/default/grub" \
      "$(edited "$(sed -n 's/^GRUB_CMDLINE_LINUX="\(.*\)"/\1/p' "$root/etc/default/grub")")" '"'
    line=$(edited "$(cat "$root/etc/kernel/cmdline")")
    printf '%s\n' "$line" >"$root/etc/kernel/cmdline"
    ;;
  info)
    index=0
    for file in $(entries); do
      options=$(field "$file" options)
      printf 'index=%s\nkernel="%s"\nargs="%s"\nroot="%s"\ninitrd="%s"\ntitle="%s"\nid="%s"\n' "$index" \
        "$(field "$file" linux)" "${options#root=* }" "${options%% *}" "$(field "$file" initrd)" "$(field "$file" title)" \
        "$(basename "$file" .conf)"
      index=$((index + 1))
    done
    ;;
  default) field "$root/boot/loader/entries/$saved.conf" linux ;;
  *)
    echo 'grubby: nothing asked that is simulated' >&2
    exit 1
    ;;
esac
