#!/bin/sh
# modprobe(8) of a simulated host: modules of /lib/modules/RELEASE/modules.dep, loaded ones as /sys/module/NAME.
set -u
root=$PERFPLAY_ROOT
read -r release <"$root/proc/sys/kernel/osrelease"
modules=/lib/modules/$release

# The line of modules.dep that is about MODULE; a name's - and _ are equal.
dependencies() { sed -n "s|^[^:]*/$1\.ko: *|= |p" "$root$modules/modules.dep"; }
refused_by_configuration() {
  for file in "$root"/etc/modprobe.d/*.conf; do
    [ ! -f "$file" ] || ! grep -Eq "^install +$1 +/(usr/)?bin/false" "$file" || return 0
  done
  return 1
}
load() {
  [ ! -d "$root/sys/module/$1" ] || return 0
  line=$(dependencies "$1")
  [ -n "$line" ] || { echo "modprobe: FATAL: Module $1 not found in directory $modules" >&2; return 1; }
  ! refused_by_configuration "$1" ||
    { echo "modprobe: ERROR: could not insert '$1': Operation not permitted" >&2; return 1; }
  for needed in ${line#=}; do
    needed=${needed##*/}
    (load "${needed%.ko}") || return
  done
  mkdir -p "$root/sys/module/$1/holders"
  echo live >"$root/sys/module/$1/initstate"
  echo 0 >"$root/sys/module/$1/refcnt"
  [ "$1" != vhost_net ] || : >"$root/dev/vhost-net"
}
unload() {
  [ -d "$root/sys/module/$1" ] || { echo "modprobe: FATAL: Module $1 is not currently loaded" >&2; return 1; }
  read -r users <"$root/sys/module/$1/refcnt"
  [ "$users" = 0 ] || { echo "modprobe: FATAL: Module $1 is in use." >&2; return 1; }
  rm -rf "$root/sys/module/$1"
  [ "$1" != vhost_net ] || rm -f "$root/dev/vhost-net"
}

act=load status=0
for word; do
  case $word in
    -r | --remove) act=unload ;;
    -*) ;;
    *=*) ;;
    *) "$act" "$(printf %s "$word" | tr - _)" || status=1 ;;
  esac
done
exit "$status"
