#!/bin/sh
# systemctl(1) of a simulated host: unit files and links as systemd keeps them below $PERFPLAY_ROOT, a running unit's state in
# /run/lab/units/NAME. Starting and stopping has the effect that the real unit has on the simulated kernel.
set -u
root=$PERFPLAY_ROOT
programs=${0%/*}
running=$root/run/lab/units

complain() {
  printf '%s\n' "$2" >&2
  status=$1
}

# $unit_file of UNIT; empty: not installed.
find_unit() {
  unit_file=''
  for unit_folder in /etc/systemd/system /usr/lib/systemd/system; do
    unit_file=$root$unit_folder/$1
    [ ! -f "$unit_file" ] || return 0
  done
  unit_file=''
  return 1
}
is_masked() { [ -L "$root/etc/systemd/system/$1" ] && [ ! -f "$root/etc/systemd/system/$1" ]; }
is_enabled() { for wants in "$root"/etc/systemd/system/*.wants/"$1"; do [ -L "$wants" ] && return; done; }
is_static() { ! grep -q '^\[Install\]' "$unit_file"; }

# $load, $active and $enabled of UNIT.
describe() {
  load=loaded active=inactive enabled=disabled
  [ ! -f "$running/$1" ] || read -r active <"$running/$1"
  if is_masked "$1"; then load=masked enabled=masked
  elif ! find_unit "$1"; then load=not-found enabled=''
  elif is_enabled "$1"; then enabled=enabled
  elif is_static; then enabled=static
  fi
}
show() {
  separator=''
  for unit; do
    describe "$unit"
    printf "${separator}Id=%s\nLoadState=%s\nActiveState=%s\nUnitFileState=%s\n" "$unit" "$load" "$active" "$enabled"
    separator='\n'
  done
}

setting() { sed -n "s/^$2=//p" "$root$1" | tail -n 1 | tr -d \"; }
kernel_write() { "$programs/write" "$@"; }
# A command line of an administrator's own unit: paths of this host stand below the root.
execute() {
  set -- $1
  for word; do
    case $word in /*) [ ! -e "$root$word" ] || word=$root$word ;; esac
    set -- "$@" "$word"
    shift
  done
  PERFPLAY_WRITE=$programs/write PATH=$programs:$PATH "$@" </dev/null
}
execute_all() {
  sed -n "s/^$1=[-@:+!]*//p" "$unit_file" >"$running/.commands"
  while IFS= read -r command_line <&3; do execute "$command_line" || return; done 3<"$running/.commands"
}
irqbalance_arguments() {
  for file in /etc/default/irqbalance /etc/sysconfig/irqbalance; do
    [ ! -f "$root$file" ] || setting "$file" IRQBALANCE_ARGS
  done
}
# The effect of `UNIT.started` or `UNIT.stopped`.
take_effect() {
  case $1.$2 in
    ksm.service.started | ksmtuned.service.started) kernel_write /sys/kernel/mm/ksm/run 1 ;;
    ksm.service.stopped) kernel_write /sys/kernel/mm/ksm/run 0 ;;
    qemu-kvm.service.started)
      [ "$(setting /etc/default/qemu-kvm VHOST_NET_ENABLED)" != 1 ] || "$programs/modprobe" vhost_net
      case $(setting /etc/default/qemu-kvm KSM_ENABLED) in 1 | AUTO) kernel_write /sys/kernel/mm/ksm/run 1 ;; esac
      ;;
    irqbalance.service.started)
      mkdir -p "$root/proc/812/fd"
      echo irqbalance >"$root/proc/812/comm"
      printf '%s\000' /usr/sbin/irqbalance --foreground $(irqbalance_arguments) >"$root/proc/812/cmdline"
      ;;
    irqbalance.service.stopped) rm -rf "$root/proc/812" ;;
    *.started) execute_all ExecStart ;;
    *.stopped) execute_all ExecStop ;;
  esac
}

start() {
  is_masked "$1" && { complain 1 "Failed to start $1: Unit $1 is masked."; return; }
  find_unit "$1" || { complain 5 "Failed to start $1: Unit $1 not found."; return; }
  describe "$1"
  [ "$active" != active ] || return 0
  if take_effect "$1" started; then echo active >"$running/$1"; return; fi
  echo failed >"$running/$1"
  complain 1 "Job for $1 failed because the control process exited with error code."
}
stop() {
  find_unit "$1" || is_masked "$1" || { complain 5 "Failed to stop $1: Unit $1 not loaded."; return; }
  [ -f "$running/$1" ] || return 0
  [ -z "$unit_file" ] || take_effect "$1" stopped
  rm -f "$running/$1"
}
enable() {
  is_masked "$1" && { complain 1 "Failed to enable unit: Unit file /etc/systemd/system/$1 is masked."; return; }
  find_unit "$1" || { complain 1 "Failed to enable unit: Unit file $1 does not exist."; return; }
  for target in $(sed -n 's/^WantedBy=//p' "$unit_file"); do
    mkdir -p "$root/etc/systemd/system/$target.wants"
    ln -sf "$unit_folder/$1" "$root/etc/systemd/system/$target.wants/$1"
  done
}
disable() {
  find_unit "$1" || is_masked "$1" || { complain 1 "Failed to disable unit: Unit file $1 does not exist."; return; }
  rm -f "$root"/etc/systemd/system/*.wants/"$1"
}
mask() {
  [ ! -f "$root/etc/systemd/system/$1" ] ||
    { complain 1 "Failed to mask unit: File /etc/systemd/system/$1 already exists."; return; }
  ln -sf /dev/null "$root/etc/systemd/system/$1"
}
unmask() { ! is_masked "$1" || rm -f "$root/etc/systemd/system/$1"; }
is() {
  describe "$2"
  case $1 in is-active) answer=$active good=active ;; *) answer=$enabled good=enabled ;; esac
  printf '%s\n' "${answer:-not-found}"
  [ "$answer" = "$good" ] || status=$3
}

verb='' units='' now='' status=0
while [ $# -gt 0 ]; do
  case $1 in
    -p | -P | --property | -n | -t | --type) shift ;;
    --now) now=yes ;;
    -*) ;;
    *)
      if [ -z "$verb" ]; then verb=$1
      else
        case $1 in *.*) units="$units $1" ;; *) units="$units $1.service" ;; esac
      fi
      ;;
  esac
  shift
done
set -f
set -- $units
set +f
mkdir -p "$running"

case $verb in
  show) show "$@" ;;
  is-system-running) echo running ;;
  # The lab boots the host when its last connection has gone.
  reboot) : >"$root/run/lab/reboot" ;;
  daemon-reload | reset-failed) ;;
  is-active) for unit; do is is-active "$unit" 3; done ;;
  is-enabled) for unit; do is is-enabled "$unit" 1; done ;;
  start | stop) for unit; do "$verb" "$unit"; done ;;
  restart | reload-or-restart) for unit; do stop "$unit" && start "$unit"; done ;;
  try-restart | condrestart) for unit; do [ ! -f "$running/$unit" ] || { stop "$unit" && start "$unit"; }; done ;;
  enable | disable | mask | unmask)
    for unit; do
      "$verb" "$unit"
      case $now$verb in yesenable) start "$unit" ;; yesdisable | yesmask) stop "$unit" ;; esac
    done
    ;;
  *) complain 1 "systemctl: '$verb' is not simulated" ;;
esac
exit "$status"
