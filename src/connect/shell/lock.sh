# pp_lock RUN WHO SINCE SEEN: this shell alone changes things here for RUN, as long as it lives. 0: it has the lock, or another shell
# of the same run has it. 75: another run has it, and pp_text names it. 76: it has the lock, but another run had it after SEEN was read.
# The file holds RUN, WHO and SINCE of whoever had it last. Only root's shells are kept apart: nobody else writes what counts.

# The lock by flock(2): it goes with the shell, whatever becomes of that.
pp_lock_by_flock() {
  ( : >>"$pp_lock_file" ) 2>/dev/null || { pp_text="${pp_lock_file#"$PP_ROOT"} cannot be written"; return 1; }
  exec 8>>"$pp_lock_file"
  # mksh closes descriptors above 2 in programs, unless they are given to them.
  flock -n 8 8>&8 2>/dev/null && return 0
  exec 8>&-
  return 75
}

# Process PID of boot BOOT, started at START: the same number may be somebody else's by now.
pp_lives() {
  [ -d "/proc/$1" ] || return 1
  pp_started "$1"
  pp_booted
  [ "$pp_start $pp_boot" = "$2 $3" ]
}

# Without flock(1): a hard link, which exists or not; one breaker at a time takes a dead one away.
pp_lock_by_link() {
  pp_started "$$"
  pp_booted
  pp_mine=$pp_lock_file.$$
  rm -f "$pp_mine"
  ( umask 022; set -C; printf '%s\n' "$1 $$ $pp_start $pp_boot" >"$pp_mine" ) 2>/dev/null ||
    { pp_text="${pp_mine#"$PP_ROOT"} cannot be written"; return 1; }
  pp_got=75 pp_tries=0
  while [ "$pp_tries" -lt 5 ]; do
    ln "$pp_mine" "$pp_lock_file.held" 2>/dev/null && { pp_got=0; break; }
    pp_holder=''
    { IFS= read -r pp_holder <"$pp_lock_file.held"; } 2>/dev/null
    [ -z "$pp_holder" ] || { set -- $pp_holder; pp_lives "$2" "$3" "$4" && break; }
    pp_breaker=$pp_lock_file.breaker
    if mkdir "$pp_breaker" 2>/dev/null; then
      pp_again=''
      { IFS= read -r pp_again <"$pp_lock_file.held"; } 2>/dev/null
      [ "$pp_again" != "$pp_holder" ] || rm -f "$pp_lock_file.held"
      rmdir "$pp_breaker"
    else
      # Its owner needs no second: a breaker that stays was left by a dead one.
      sleep 1
      pp_tries=$((pp_tries + 1))
      [ "$pp_tries" -lt 5 ] || rmdir "$pp_breaker" 2>/dev/null
    fi
  done
  rm -f "$pp_mine"
  return "$pp_got"
}

pp_locked=''
pp_lock() {
  [ -z "$pp_locked" ] || return 0
  pp_lock_file=$PP_ROOT/run/perfplay/lock
  [ -d "${pp_lock_file%/*}" ] || ( umask 022; mkdir -p "${pp_lock_file%/*}" ) 2>/dev/null
  [ -w "${pp_lock_file%/*}" ] || return 0
  if command -v flock >/dev/null 2>&1; then pp_lock_by_flock; else pp_lock_by_link "$1"; fi
  pp_got=$?
  pp_last=''
  { IFS= read -r pp_last <"$pp_lock_file"; } 2>/dev/null
  if [ "$pp_got" = 75 ]; then
    case $pp_last in "$1 "*) return 0 ;; esac
    pp_text=$pp_last
    return 75
  fi
  [ "$pp_got" = 0 ] || return 1
  pp_locked=yes
  printf '%s\n' "$1 $3 $2" >"$pp_lock_file" 2>/dev/null || { pp_text="${pp_lock_file#"$PP_ROOT"} cannot be written"; return 1; }
  case $pp_last in "$4"|"$1 "*) return 0 ;; esac
  return 76
}
