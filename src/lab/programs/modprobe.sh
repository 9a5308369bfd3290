#!/bin/sh
# modprobe(8) of a simulated host: modules of /lib/modules/RELEASE/modules.dep and modules.builtin, their parameters in
# modules.parameters (MODULE NAME TYPE MODE VALUE), loaded ones as /sys/module/NAME.
set -u
root=$PERFPLAY_ROOT
read -r release <"$root/proc/sys/kernel/osrelease"
modules=/lib/modules/$release

canonical() { printf %s "$1" | tr - _; }
# The line of modules.dep that is about MODULE.
dependencies() { sed -n "s|^\(.*/$1\.ko\): *|\1 = |p" "$root$modules/modules.dep"; }
is_builtin() { grep -q "/$1\.ko$" "$root$modules/modules.builtin"; }
# What modprobe.d says after the words COMMAND MODULE, a line each.
configured() {
  for file in "$root"/etc/modprobe.d/*.conf; do
    [ ! -f "$file" ] || while read -r command module rest; do
      [ "$command" != "$1" ] || [ "$(canonical "$module")" != "$2" ] || printf '%s\n' "$rest"
    done <"$file"
  done
}
is_blacklisted() { [ -n "$(configured blacklist "$1" | sed 's/^/yes/')" ]; }
installer() { configured install "$1" | head -n 1; }
# The last value of a parameter among WORDS, or its DEFAULT.
choose() {
  value=$2
  for word in $3; do [ "${word%%=*}" != "$1" ] || value=${word#*=}; done
}
spell() {
  case $1:$value in bool:[1Yy]*) value=Y ;; bool:[0Nn]*) value=N ;; esac
  printf '%s\n' "$value"
}
show_parameters() {
  while read -r module name type mode default <&3; do
    [ "$module" = "$1" ] || continue
    mkdir -p "$root/sys/module/$1/parameters"
    choose "$name" "$default" "$2"
    spell "$type" >"$root/sys/module/$1/parameters/$name"
    chmod "$mode" "$root/sys/module/$1/parameters/$name"
  done 3<"$root$modules/modules.parameters"
}
missing() {
  echo "modprobe: FATAL: Module $1 not found in directory $modules" >&2
  return 1
}

# `load MODULE OPTIONS`
load() {
  [ ! -d "$root/sys/module/$1" ] && ! is_builtin "$1" || return 0
  [ -z "$apply_blacklist" ] || ! is_blacklisted "$1" || return 0
  case $(installer "$1") in */false) echo "modprobe: ERROR: Error running install command '/bin/false' for module $1: retcode 1" >&2; return 1 ;; esac
  line=$(dependencies "$1")
  [ -n "$line" ] || missing "$1" || return
  for needed in ${line#*=}; do
    needed=${needed##*/}
    (load "${needed%.ko}" '') || return
  done
  mkdir -p "$root/sys/module/$1/holders"
  echo live >"$root/sys/module/$1/initstate"
  echo 0 >"$root/sys/module/$1/refcnt"
  show_parameters "$1" "$(configured options "$1") $2"
  [ "$1" != vhost_net ] || : >"$root/dev/vhost-net"
}
unload() {
  [ -d "$root/sys/module/$1" ] || { echo "modprobe: FATAL: Module $1 is not currently loaded" >&2; return 1; }
  read -r users <"$root/sys/module/$1/refcnt"
  [ "$users" = 0 ] || { echo "modprobe: FATAL: Module $1 is in use." >&2; return 1; }
  line=$(dependencies "$1")
  rm -rf "$root/sys/module/$1"
  [ "$1" != vhost_net ] || rm -f "$root/dev/vhost-net"
  # What it alone has needed goes with it.
  for needed in ${line#*=}; do
    needed=${needed##*/} needed=${needed%.ko}
    is_needed "$needed" || (unload "$needed") 2>/dev/null || :
  done
}
# Whether a loaded module needs MODULE.
is_needed() {
  for folder in "$root"/sys/module/*/; do
    folder=${folder%/}
    others=$(dependencies "${folder##*/}")
    case " ${others#*=} " in *"/$1.ko "*) return 0 ;; esac
  done
  return 1
}
depends() {
  command=$(installer "$1")
  [ -z "$command" ] || { echo "install $command "; return; }
  ! is_builtin "$1" || { echo "builtin $1"; return; }
  line=$(dependencies "$1")
  [ -n "$line" ] || missing "$1" || return
  for needed in ${line#*=} ${line%% *}; do echo "insmod $modules/$needed "; done
}

act=load names='' options='' apply_blacklist='' status=0
for word; do
  case $word in
    -r | --remove) act=unload ;;
    -D | --show-depends) act=depends ;;
    -b | --use-blacklist) apply_blacklist=yes ;;
    -*) ;;
    *=*) options="$options $word" ;;
    *) names="$names $(canonical "$word")" ;;
  esac
done
for name in $names; do "$act" "$name" "$options" || status=1; done
exit "$status"
