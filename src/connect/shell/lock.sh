# pp_lock RUN WHO SINCE SEEN: this shell alone changes things here for RUN, as long as it lives. 0: it has the lock, or another shell
# of the same run has it. 75: another run has it, and pp_text names it. 76: it has the lock, but another run was at work here after
# SEEN was read, or while it was.
# The file holds one line of whoever had the lock last: RUN SINCE WHO PID:START, and `-` for PID:START once that shell has ended well.
# Only root's shells are kept apart: nobody else writes what counts, and nobody else may open the file, as who does can lock it.

# The lock by flock(2): it goes with the shell, whatever becomes of that.
pp_lock_by_flock() {
  exec 8>>"$pp_lock_file"
  # mksh closes descriptors above 2 in programs, unless they are given to them.
  flock -n 8 8>&8 2>/dev/null
  case $? in
    0) return 0 ;;
    1) pp_got=75 ;;
    *) pp_text=$(exec flock -n 8 8>&8 2>&1) pp_got=1 ;;
  esac
  exec 8>&-
  return "$pp_got"
}

# Process PID of boot BOOT, started at START: the same number may be somebody else's by now.
pp_lives() {
  pp_started "$1"
  pp_booted
  [ "$pp_start $pp_boot" = "$2 $3" ]
}

# Without flock(1): a hard link, which exists or not; one breaker at a time takes a dead one away.
pp_lock_by_link() {
  pp_booted
  pp_mine=$pp_lock_file.$$
  rm -f "$pp_mine"
  ( set -C; printf '%s\n' "$$ $pp_self $pp_boot" >"$pp_mine" ) 2>/dev/null ||
    { pp_text="${pp_mine#"$PP_ROOT"} cannot be written"; return 1; }
  pp_got=75 pp_tries=0 pp_breaker=$pp_lock_file.breaker
  while [ "$pp_tries" -lt 6 ]; do
    ln "$pp_mine" "$pp_lock_file.held" 2>/dev/null && { pp_got=0; break; }
    pp_tries=$((pp_tries + 1))
    pp_line "$pp_lock_file.held"
    pp_holder=$pp_l
    [ -z "$pp_holder" ] || { set -- $pp_holder; pp_lives "$1" "$2" "$3" && break; }
    if mkdir "$pp_breaker" 2>/dev/null; then
      # From here on nobody else takes it away: what is there now stays.
      [ ! -e "$pp_lock_file.held" ] || { pp_line "$pp_lock_file.held"; [ "$pp_l" != "$pp_holder" ] || rm -f "$pp_lock_file.held"; }
      rmdir "$pp_breaker"
    else
      # Its owner needs no second: a breaker that stays was left by a dead one.
      sleep 1
      [ "$pp_tries" -ne 4 ] || rmdir "$pp_breaker" 2>/dev/null
    fi
  done
  rm -f "$pp_mine"
  return "$pp_got"
}

# The line of the lock, and whether the shell that wrote it is still there: then it has the lock.
pp_lock_line() {
  pp_line "$pp_lock_file"
  pp_last=$pp_l pp_holder=${pp_l##* }
  pp_started "${pp_holder%:*}"
  [ "$pp_holder" = "${pp_holder%:*}:$pp_start" ]
}
pp_unlock() {
  printf '%s\n' "$pp_locked -" >"$pp_lock_file"
  [ "$PP_SEPARATOR" = /proc/self/environ ] || rm -f "$PP_SEPARATOR"
}

# Told again with each batch that locks.
pp_locked=${pp_locked-}
pp_lock() {
  [ -z "$pp_locked" ] || return 0
  pp_lock_file=$PP_ROOT/run/perfplay/lock
  { { :; } >>"$pp_lock_file"; } 2>/dev/null || return 0
  if command -v flock >/dev/null 2>&1; then pp_lock_by_flock; else pp_lock_by_link; fi
  case $? in
    0) ;;
    75)
      # Whoever has just taken it needs a moment to write its name.
      pp_lock_line || { sleep 1; pp_lock_line; } && case $pp_last in "$1 "*) return 0 ;; esac
      pp_text=$pp_last
      return 75 ;;
    *) return 1 ;;
  esac
  pp_lock_line
  if ! printf '%s\n' "$1 $3 $2 $$:$pp_self" 2>/dev/null >"$pp_lock_file"; then
    pp_text="${pp_lock_file#"$PP_ROOT"} cannot be written"
    exec 8>&-
    rm -f "$pp_lock_file.held"
    return 1
  fi
  pp_locked="$1 $3 $2"
  trap pp_unlock EXIT
  case $pp_last in
    "$1 "*) return 0 ;;
    "$4") case $pp_last in ''|*' -') return 0 ;; esac ;;
  esac
  return 76
}
