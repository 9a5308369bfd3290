#!/bin/sh
# The simulated kernel's side of a write: `write PATH VALUE` stores VALUE in the attribute PATH below $PERFPLAY_ROOT
# as Linux would, or changes nothing, prints the error's text and exits 1.
set -fu
LC_ALL=C
export LC_ALL

path=$1
file=$PERFPLAY_ROOT$path
folder=${file%/*}
set -- $2
value=$*

refuse() {
  printf '%s\n' "$1" >&2
  exit 1
}
invalid() { refuse 'Invalid argument'; }
put() { printf '%s\n' "$2" >"$1"; }
# For files of mode 0444, which only the kernel changes.
show() {
  rm -f "$1"
  (umask 222 && put "$1" "$2")
}
first_line() { IFS= read -r line <"$1" || :; }
is_number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }
# A decimal number without leading zeros, which $(( )) would take for octal.
number() {
  is_number "$1" && [ ${#1} -le 18 ] || invalid
  number=${1#"${1%%[!0]*}"}
  number=${number:-0}
}
within() {
  number "$value"
  [ "$number" -ge "$1" ] && [ "$number" -le "$2" ] || invalid
  put "$file" "$number"
}
clamp() {
  number "$value"
  [ "$number" -ge "$1" ] || number=$1
  [ "$number" -le "$2" ] || number=$2
  put "$file" "$number"
}

# Brackets WORD among the words that the file offers; $active is the one that was.
choose() {
  first_line "$file"
  chosen='' found='' active=''
  for word in $line; do
    case $word in '['*) word=${word#[} word=${word%]} active=$word ;; esac
    if [ "$word" = "$1" ]; then word="[$word]" found=yes; fi
    chosen="$chosen${chosen:+ }$word"
  done
  [ -n "$found" ] || invalid
  put "$file" "$chosen"
}
one_of() {
  for word in $2; do [ "$word" != "$1" ] || return 0; done
  return 1
}

# elevator_change(): old names, a word that begins with none, and queue depths that start over.
scheduler() {
  case $value in none*) wanted=none ;; deadline) wanted=mq-deadline ;; *) wanted=$value ;; esac
  choose "$wanted"
  [ "$wanted" != "$active" ] || return 0
  first_line "$folder/../mq/0/nr_tags"
  depth=$line
  if [ "$wanted" != none ]; then
    [ "$depth" -le 128 ] || depth=128
    depth=$((depth * 2))
  fi
  put "$folder/nr_requests" "$depth"
}
nr_requests() {
  number "$value"
  first_line "$folder/scheduler"
  case $line in
    *'[none]'*) first_line "$folder/../mq/0/nr_tags" && most=$line ;;
    *) most=2048 ;;
  esac
  [ "$number" -le "$most" ] || invalid
  [ "$number" -ge 4 ] || number=4
  put "$file" "$number"
}

governor() {
  first_line "$folder/scaling_available_governors"
  one_of "$value" "$line" || invalid
  first_line "$file"
  was=$line
  put "$file" "$value"
  frequency
  [ -e "$folder/energy_performance_preference" ] || return 0
  if [ "$value" = performance ]; then put "$folder/energy_performance_preference" performance
  elif [ "$was" = performance ]; then put "$folder/energy_performance_preference" balance_performance
  fi
}
# An idle host runs at a limit: the upper one under performance, else the lower one.
frequency() {
  first_line "$folder/scaling_governor"
  if [ "$line" = performance ]; then first_line "$folder/scaling_max_freq"; else first_line "$folder/scaling_min_freq"; fi
  show "$folder/scaling_cur_freq" "$line"
}
limit() {
  first_line "$folder/cpuinfo_min_freq" && lowest=$line
  first_line "$folder/cpuinfo_max_freq" && highest=$line
  clamp "$lowest" "$highest"
  first_line "$folder/scaling_min_freq" && lower=$line
  first_line "$folder/scaling_max_freq" && upper=$line
  [ "$lower" -le "$upper" ] || put "$folder/scaling_min_freq" "$upper"
  frequency
}
preference() {
  first_line "$folder/energy_performance_available_preferences"
  if is_number "$value"; then
    number "$value"
    [ "$number" -le 255 ] || invalid
  else one_of "$value" "$line" || invalid
  fi
  first_line "$folder/scaling_governor"
  [ "$line" != performance ] || [ "$value" = performance ] || refuse 'Device or resource busy'
  put "$file" "$value"
}

# $bits of a CPU list; a CPU that cannot exist is ERANGE (bitmap_parselist).
bits_of_list() {
  bits=0
  IFS=,
  set -- $1
  unset IFS
  for part; do
    number "${part%%-*}" && from=$number
    number "${part#*-}" && to=$number
    [ "$from" -le "$to" ] || invalid
    [ "$to" -lt "$cpus" ] || refuse 'Numerical result out of range'
    while [ "$from" -le "$to" ]; do bits=$((bits | 1 << from)) from=$((from + 1)); done
  done
}
# $bits of a mask: groups of up to 8 hexadecimal digits; a bit that cannot exist is EOVERFLOW (bitmap_parse).
bits_of_mask() {
  digits=''
  IFS=,
  set -- $1
  unset IFS
  for group; do
    case $group in '' | *[!0-9a-fA-F]* | ?????????*) invalid ;; esac
    digits=$digits$group
  done
  digits=${digits#"${digits%%[!0]*}"}
  [ ${#digits} -le 8 ] || refuse 'Value too large for defined data type'
  bits=$((0x${digits:-0}))
  [ $((bits >> cpus)) -eq 0 ] || refuse 'Value too large for defined data type'
}
mask_of_bits() { printf "%0$(((cpus + 3) / 4))x" "$1"; }
list_of_bits() {
  list='' cpu=0
  while [ "$cpu" -lt "$cpus" ]; do
    if [ $(($1 >> cpu & 1)) -eq 1 ]; then
      last=$cpu
      while [ $(($1 >> (last + 1) & 1)) -eq 1 ]; do last=$((last + 1)); done
      if [ "$last" -eq "$cpu" ]; then part=$cpu; else part=$cpu-$last; fi
      list=$list${list:+,}$part cpu=$last
    fi
    cpu=$((cpu + 1))
  done
}
read_cpus() {
  first_line "$PERFPLAY_ROOT/sys/devices/system/cpu/possible"
  cpus=$((${line##*-} + 1))
  first_line "$PERFPLAY_ROOT/sys/devices/system/cpu/online"
  bits_of_list "$line"
  online=$bits
}
affinity() {
  read_cpus
  "$1" "$value"
  [ $((bits & online)) -ne 0 ] || invalid
  list_of_bits "$bits"
  put "$folder/smp_affinity" "$(mask_of_bits "$bits")"
  put "$folder/smp_affinity_list" "$list"
  # One CPU serves it: the old one while the mask allows, else the lowest.
  first_line "$folder/effective_affinity_list"
  [ $((bits & online & 1 << line)) -eq 0 ] || return 0
  cpu=0
  while [ $((bits & online & 1 << cpu)) -eq 0 ]; do cpu=$((cpu + 1)); done
  show "$folder/effective_affinity_list" "$cpu"
  show "$folder/effective_affinity" "$(mask_of_bits $((1 << cpu)))"
}
default_affinity() {
  read_cpus
  bits_of_mask "$value"
  [ $((bits & online)) -ne 0 ] || invalid
  put "$file" "$(mask_of_bits "$bits")"
}

packet_steering() {
  read_cpus
  bits_of_mask "$value"
  put "$file" "$(mask_of_bits "$bits")"
}

ksm_run() {
  number "$value"
  [ "$number" -le 2 ] || invalid
  put "$file" "$number"
  case $number in
    1) show "$folder/pages_shared" 1200 && show "$folder/pages_sharing" 51200 ;;
    2) show "$folder/pages_shared" 0 && show "$folder/pages_sharing" 0 ;;
  esac
}

# /proc/sys: a row of numbers keeps its length; fewer fields change only the first ones.
sysctl() {
  first_line "$file"
  set -- $line
  new='' row=$value
  tab=$(printf '\t')
  for old; do
    is_integer "$old" || { put "$file" "$value" && return; }
    field=${row%% *}
    case $row in *' '*) row=${row#* } ;; *) row='' ;; esac
    is_integer "${field:-$old}" || invalid
    case $path:$field in /proc/sys/kernel/*) ;; *:-*) invalid ;; esac
    new=$new${new:+$tab}${field:-$old}
  done
  [ -n "$value" ] || invalid
  put "$file" "$new"
}
is_integer() { is_number "${1#-}"; }
congestion_control() {
  first_line "$folder/tcp_available_congestion_control"
  one_of "$value" "$line" || refuse 'No such file or directory'
  put "$file" "$value"
}

# An unknown clock source is accepted and ignored.
clock_source() {
  first_line "$folder/available_clocksource"
  ! one_of "$value" "$line" || put "$file" "$value"
}

# Any other attribute: a number stays a number, a choice a choice, a switch of a module Y or N.
plain() {
  first_line "$file"
  case $line in
    *'['*']'*) choose "$value" ;;
    Y | N) case $value in [1Yy]*) put "$file" Y ;; [0Nn]*) put "$file" N ;; *) invalid ;; esac ;;
    *) ! is_integer "$line" || is_integer "$value" || invalid
      put "$file" "$value" ;;
  esac
}

[ -e "$file" ] || refuse 'No such file or directory'
[ ! -d "$file" ] || refuse 'Is a directory'
set -- $(ls -ldL "$file")
case $1:$path in
  ??w*) ;;
  *:/proc/irq/*/smp_affinity*) refuse 'Input/output error' ;; # managed: the kernel places it alone
  *) refuse 'Permission denied' ;;
esac

case $path in
  /proc/irq/default_smp_affinity) default_affinity ;;
  /proc/irq/*/smp_affinity) affinity bits_of_mask ;;
  /proc/irq/*/smp_affinity_list) affinity bits_of_list ;;
  /proc/sys/vm/swappiness) within 0 200 ;;
  /proc/sys/vm/dirty_ratio | /proc/sys/vm/dirty_background_ratio) within 0 100 ;;
  /proc/sys/vm/overcommit_memory | /proc/sys/kernel/numa_balancing) within 0 2 ;;
  /proc/sys/vm/nr_hugepages) clamp 0 408 ;;
  /proc/sys/kernel/sched_autogroup_enabled) within 0 1 ;;
  /proc/sys/net/ipv4/tcp_congestion_control) congestion_control ;;
  /proc/sys/*) sysctl ;;
  */queues/rx-*/rps_cpus | */queues/tx-*/xps_cpus) packet_steering ;;
  */queue/scheduler) scheduler ;;
  */queue/nr_requests) nr_requests ;;
  */queue/nomerges) number "$value" && [ "$number" -le 2 ] || number=1 && put "$file" "$number" ;;
  */queue/rq_affinity) number "$value" && { [ "$number" -gt 2 ] || put "$file" "$number"; } ;;
  */queue/read_ahead_kb) number "$value" && put "$file" $((number / 4 * 4)) ;;
  */queue/rotational | */queue/add_random | */queue/iostats | */cpuidle/state*/disable) clamp 0 1 ;;
  */scaling_governor) governor ;;
  */scaling_min_freq | */scaling_max_freq) limit ;;
  */energy_performance_preference) preference ;;
  */current_clocksource) clock_source ;;
  */cpufreq/boost) within 0 1 ;;
  */intel_pstate/no_turbo) clamp 0 1 ;;
  */intel_pstate/*_perf_pct) clamp 0 100 ;;
  /sys/kernel/mm/ksm/run) ksm_run ;;
  *) plain ;;
esac
