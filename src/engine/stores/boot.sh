#!/bin/sh
# Kept by perfplay. Applies the lines of /etc/perfplay/boot.tab once the devices are there:
#   write PATTERN VALUE           every file that matches
#   irq nic:NAME QUEUE CPUS       the interrupts of that queue, whatever their numbers are in this boot
# A line that matches nothing, or that the kernel refuses, makes the unit fail. What became of each line stands in
# /run/perfplay/boot: `done LINE`, or `failed LINE`, a tab, and why.

root=$PERFPLAY_ROOT
results=$root/run/perfplay/boot
status=0

fail() {
  echo "boot.tab: $*" >&2
  problem=${problem:+$problem; }$*
  status=1
}

put() {
  if [ -n "$PERFPLAY_WRITE" ]; then "$PERFPLAY_WRITE" "${1#"$root"}" "$2"; else printf '%s\n' "$2" >"$1"; fi ||
    fail "$1: cannot write $2"
}

write() {
  found=''
  for path in "$root"$1; do
    # A policy without an online CPU answers nothing (EBUSY): there is nothing to set.
    cat "$path" >/dev/null 2>&1 || continue
    found=1
    put "$path" "$2"
  done
  [ -n "$found" ] || fail "$1: no such file, or none that can be read"
}

interrupts() {
  case $1 in
    nic:*) folder=$root/sys/class/net/${1#nic:}/device ;;
    disk:*) folder=$root/sys/block/${1#disk:}/device ;;
  esac
  folder=$(cd "$folder" 2>/dev/null && pwd -P) || return
  while [ -n "$folder" ] && [ "${folder##*/}" != devices ]; do
    [ ! -d "$folder/msi_irqs" ] || { ls "$folder/msi_irqs"; return; }
    [ ! -f "$folder/irq" ] || { cat "$folder/irq"; return; }
    folder=${folder%/*}
  done
}

irq() {
  found=''
  for number in $(interrupts "$1"); do
    actions=''
    read -r actions 2>/dev/null <"$root/sys/kernel/irq/$number/actions"
    queue=${actions%%@*}
    [ "${queue#*-}" != "$2" ] || {
      found=1
      put "$root/proc/irq/$number/smp_affinity_list" "$3"
    }
  done
  [ -n "$found" ] || fail "$1 $2: no such interrupt"
}

mkdir -p "${results%/*}"
while read -r verb first second third; do
  problem=''
  case $verb in
    write) write "$first" "$second${third:+ $third}" ;;
    irq) irq "$first" "$second" "$third" ;;
    ''|'#'*) continue ;;
    *) fail "$verb: unknown" ;;
  esac
  line="$verb $first $second${third:+ $third}"
  if [ -z "$problem" ]; then printf "done %s\n" "$line"; else printf "failed %s\t%s\n" "$line" "$problem"; fi
done <"$root/etc/perfplay/boot.tab" >"$results.new"
mv -f "$results.new" "$results"
exit "$status"
