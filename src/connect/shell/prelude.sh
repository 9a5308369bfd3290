# What the target's sh is told once a connection. POSIX sh: dash, bash, busybox and mksh read it alike.
# It starts no program but cat, ls, dd, cp, mv, mkdir, rmdir, rm, readlink, chmod, chown, chgrp, cksum, systemctl and what a step
# names.
#
# An answer is a row of sections, each begun by a line with the nonce of this connection.
# File contents come byte-exact from one cat: `sep sep f1 sep f2 ... sep`, where `sep` is cat's own /proc/self/environ with the
# nonce in it, which no other user can read; where there is no /proc, a private file with the nonce.
# Set before: PP_NONCE; PP_ROOT (a folder that stands for /), PP_WRITE (the program that writes attributes there), PP_PATH.

set +e +u +x
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin LC_ALL=C
export PATH LC_ALL
pp_absolute() { case $1 in ''|/*) printf %s "$1" ;; *) printf %s "$PWD/$1" ;; esac; }
if [ -n "$PP_ROOT$PP_WRITE$PP_PATH" ]; then
  PP_ROOT=$(pp_absolute "$PP_ROOT") PP_WRITE=$(pp_absolute "$PP_WRITE")
  [ -z "$PP_PATH" ] || PATH=$(pp_absolute "$PP_PATH"):$PATH
  PERFPLAY_ROOT=$PP_ROOT PERFPLAY_WRITE=$PP_WRITE
  export PERFPLAY_ROOT PERFPLAY_WRITE
fi
PP_SEPARATOR=/proc/self/environ
[ -r "$PP_SEPARATOR" ] || {
  PP_SEPARATOR=$PP_ROOT/tmp/perfplay.$$
  mkdir -p "$PP_ROOT/tmp"
  trap 'rm -f "$PP_SEPARATOR"' EXIT
  ( umask 077; set -C; printf 'PP_NONCE=%s\000' "$PP_NONCE" >"$PP_SEPARATOR" )
}
pp_mark() { printf '%s %s\n' "$PP_NONCE" "$*"; }
# The less environment, the shorter the separator: it stands between any two files.
pp_program_cat=$(command -v cat)
pp_cat() {
  (
    unset HOME LOGNAME MAIL SHELL USER TERM LANG PWD OLDPWD SHLVL SUDO_COMMAND SUDO_USER SUDO_UID SUDO_GID
    unset SSH_CLIENT SSH_CONNECTION SSH_TTY PERFPLAY_ROOT PERFPLAY_WRITE
    case $pp_program_cat in /*) unset PATH ;; esac
    export PP_NONCE
    exec "$pp_program_cat" "$PP_SEPARATOR" "$@" "$PP_SEPARATOR" 2>&1
  )
}
pp_words() { pp_list='' pp_n=1; while [ "$pp_n" -le "$1" ]; do pp_list="$pp_list $2\"\${$pp_n}\"" pp_n=$((pp_n + 1)); done; }
pp_content() {
  pp_mark content "$#"
  [ "$#" -eq 0 ] || printf '%s\000' "$@"
  while [ "$#" -gt 0 ]; do
    if [ "$#" -lt 400 ]; then pp_words "$#" '"$PP_SEPARATOR" '; eval "pp_cat $pp_list"; break; fi
    [ -n "$pp_full" ] || { pp_words 400 '"$PP_SEPARATOR" '; pp_full=$pp_list; }
    eval "pp_cat $pp_full"
    shift 400
  done
}
pp_full=''
pp_stat() {
  pp_mark stat
  while [ "$#" -gt 0 ]; do
    pp_some=$#
    [ "$pp_some" -le 400 ] || pp_some=400
    pp_words "$pp_some" ''
    # busybox has no -q, and exits with 1 as it does for a file that is missing; GNU exits with 2 for that.
    eval "ls -ldnq -- $pp_list" 2>/dev/null || [ "$?" -ne 1 ] || eval "ls -ldn -- $pp_list" 2>/dev/null
    shift "$pp_some"
  done
  pp_mark .
}
pp_line() { pp_l=''; { IFS= read -r pp_l <"$1"; } 2>/dev/null; }
pp_paragraph() {
  pp_mark paragraph
  { while IFS= read -r pp_l && [ -n "$pp_l" ]; do printf '%s\n' "$pp_l"; done <"$1"; } 2>/dev/null
  pp_mark .
}
pp_units() {
  pp_mark units
  systemctl show --no-pager -p Id -p LoadState -p ActiveState -p UnitFileState -- "$@" 2>/dev/null
  pp_mark .
}
pp_query() { pp_mark query "$1"; shift; "$@" 2>/dev/null; pp_exit=$?; printf '\n'; pp_mark exit "$pp_exit"; }
pp_gate() { :; }
# pp_start: when process PID was started, in ticks since the boot; pp_boot: which boot this is. Nothing of a process that has ended,
# waited for or not; nothing without /proc.
pp_started() {
  pp_start=''
  case $1 in ''|*[!0-9]*) return 1 ;; esac
  { IFS= read -r pp_l <"/proc/$1/stat"; } 2>/dev/null || return
  set -- ${pp_l##*) }
  case $1 in Z|X) return 1 ;; esac
  shift 19
  pp_start=$1
}
pp_booted() { pp_boot=''; { IFS= read -r pp_boot </proc/sys/kernel/random/boot_id; } 2>/dev/null; }

# What changes something goes on to its end when the connection is cut, and keeps its answer in a folder: whoever connects again
# finds it there. The folder is made once: a batch runs once, or, where somebody has asked for it in vain before, never.
# It holds `shell`, whose process works on it; `out` and `err`; `end`, which says `end` or `never` once nothing more will come.
# pp_place TOKEN: makes pp_here. Fails where it is there, or can be made nowhere.
pp_place() {
  [ -d "$PP_ROOT/run/perfplay" ] || ( umask 022; mkdir -p "$PP_ROOT/run/perfplay" ) 2>/dev/null
  for pp_here in "$PP_ROOT/run/perfplay/batch.$1" "$PP_ROOT/tmp/perfplay.$1"; do
    mkdir -m 700 "$pp_here" 2>/dev/null && return
    [ ! -e "$pp_here" ] || return
  done
  return 1
}
# pp_once TOKEN FUNCTION: its answer is framed by TOKEN. A call that was cut names no function.
pp_once() {
  command -v "${2-}" >/dev/null 2>&1 || return
  pp_place "$1" || [ ! -e "$pp_here" ] || return
  pp_connection=$PP_NONCE PP_NONCE=$1
  pp_started "$$"
  # A line in each: there is room for a short answer then, whatever fills the disk meanwhile.
  if { printf '%s\n' "$$ $pp_start" >"$pp_here/shell" && echo >"$pp_here/out" && echo >"$pp_here/err" && echo >"$pp_here/end"; } 2>/dev/null; then
    trap '' HUP
    pp_room=yes
    "$2" 1<>"$pp_here/out" 2<>"$pp_here/err" || pp_room=''
    { echo end 1<>"$pp_here/end"; } 2>/dev/null || rm -f "$pp_here/shell"
    trap - HUP
    cat "$pp_here/out" && cat "$pp_here/err" >&2
    [ -n "$pp_room" ] || pp_mark full
  else
    rm -f "$pp_here/shell"
    trap '' HUP PIPE
    "$2"
    trap - HUP PIPE
  fi
  PP_NONCE=$pp_connection
}
# pp_attach TOKEN SECONDS: what became of a batch: its answer; or never: it has not come, and will not run any more; or running; or
# died: its shell is gone before its end; or lost: nothing is kept here.
pp_attach() {
  if pp_place "$1"; then echo never >"$pp_here/end"; pp_mark attach never; return; fi
  [ -e "$pp_here" ] || { pp_mark attach lost; return; }
  # Whoever has just begun needs a moment to say so.
  [ -s "$pp_here/shell" ] || [ -s "$pp_here/end" ] || sleep 1
  pp_line "$pp_here/shell"
  pp_shell=$pp_l pp_left=$2
  while :; do
    pp_started "${pp_shell%% *}"
    pp_line "$pp_here/end"
    case $pp_l in
      never) pp_mark attach never; return ;;
      end)
        pp_mark attach "done"
        cat "$pp_here/out"
        cat "$pp_here/err" >&2
        return ;;
    esac
    [ -n "$pp_shell" ] || { pp_mark attach lost; return; }
    [ "$pp_shell" = "${pp_shell%% *} $pp_start" ] || { pp_mark attach died; return; }
    [ "$pp_left" -gt 0 ] || { pp_mark attach running; return; }
    sleep 1
    pp_left=$((pp_left - 1))
  done
}
# pp_forget TOKEN...: their answers have been heard. A batch that must never run stays known: its bytes may still be on their way.
pp_forget() {
  for pp_t in "$@"; do
    for pp_here in "$PP_ROOT/run/perfplay/batch.$pp_t" "$PP_ROOT/tmp/perfplay.$pp_t"; do
      pp_line "$pp_here/end"
      [ "$pp_l" = never ] || [ ! -d "$pp_here" ] || rm -rf "$pp_here"
    done
  done
}
# pp_succeed PID:START: the shell whose work this one goes on with. A connection may be dead on one side only: its shell waits there
# for hours, with the lock, and nobody hears it.
pp_succeed() {
  pp_left=5
  while pp_started "${1%:*}" && [ "$pp_start" = "${1#*:}" ] && [ "$pp_left" -gt 0 ]; do
    kill -KILL "${1%:*}" 2>/dev/null
    [ "$pp_left" -eq 5 ] || sleep 1
    pp_left=$((pp_left - 1))
  done
}
# pp_sweep FOLDER...: those that are empty go.
pp_sweep() { for pp_l in "$@"; do rmdir -- "$PP_ROOT$pp_l" 2>/dev/null || :; done; }
pp_end() { pp_mark end "$1"; pp_mark end "$1" >&2; }

pp_do() {
  pp_id=$1 pp_needs=$2 pp_text='' pp_state=0
  shift 2
  for pp_need in $pp_needs; do eval "pp_state=\$pp_result_$pp_need"; [ "$pp_state" = 0 ] || { pp_state=skipped; break; }; done
  [ "$pp_state" = skipped ] || { "$@"; pp_state=$?; }
  eval "pp_result_$pp_id=\$pp_state"
  pp_mark result "$pp_id" "$pp_state"
  [ -z "$pp_text" ] || printf '%s\n' "$pp_text"
  pp_mark .
}
pp_attribute() {
  if [ -n "$PP_WRITE" ]; then pp_text=$("$PP_WRITE" "${1#"$PP_ROOT"}" "$2" 2>&1); return; fi
  [ -e "$1" ] || { pp_text='No such file or directory'; return 1; }
  { printf '%s\n' "$2" >"$1"; } 2>/dev/null && return 0
  pp_text=$(printf '%s\n' "$2" | dd of="$1" conv=notrunc 2>&1)
}
# pp_exec COUNT NAME=VALUE... PROGRAM ARGUMENT...: values of the environment never stand among a program's arguments.
pp_exec() {
  pp_n=$1
  shift
  while [ "$pp_n" -gt 0 ]; do export "$1"; shift; pp_n=$((pp_n - 1)); done
  # The lock is the shell's, and must not go on with what a program leaves behind.
  exec "$@" 8>&-
}
pp_program() { pp_text=$(pp_exec "$@" 2>&1); }
# pp_print FORM TEXT: FORM is printf's, %s or %b. mksh has no printf of its own, and a program takes no word above 128 KiB.
case ${KSH_VERSION-} in
  *MIRBSD*) pp_print() { if [ "$1" = %b ]; then print -n -- "$2"; else print -rn -- "$2"; fi; } ;;
  *) pp_print() { printf "$1" "$2"; } ;;
esac
# pp_same FORM TEXT FILE: a NUL byte (%b) lives in no variable, so such contents are compared by their sums.
pp_same() {
  case $1 in
    %b) [ "$(pp_print %b "$2" | cksum)" = "$(cksum <"$3")" ] ;;
    *) [ "$(cat "$3" && printf x)" = "$2"x ] ;;
  esac
}
# pp_file PATH MODE OWNER WAS FORM OLD FORM NEW: OWNER as chown takes it, or nothing; both are those of a file that is made.
pp_file() {
  pp_path=$1 pp_was=$4
  [ ! -L "$pp_path" ] || pp_path=$(readlink -f "$pp_path") || { pp_text="$1: the symbolic link points nowhere"; return 1; }
  pp_folder=${pp_path%/*}/
  if [ -e "$pp_path" ]; then
    [ -f "$pp_path" ] || { pp_text="$pp_path is not a regular file"; return 1; }
    [ "$pp_was" = present ] && pp_same "$5" "$6" "$pp_path" ||
      { pp_text="$pp_path changed since it was read: run again"; return 1; }
  else
    [ "$pp_was" = absent ] || { pp_text="$pp_path is gone since it was read: run again"; return 1; }
    pp_text=$(umask 022; mkdir -p -- "$pp_folder" 2>&1) || return 1
  fi
  pp_temporary=$pp_folder.perfplay.$$
  rm -f "$pp_temporary"
  pp_text=$(pp_fill "$2" "$3" "$7" "$8" 2>&1 && mv -f "$pp_temporary" "$pp_path" 2>&1) && { pp_relabel "$pp_path"; return 0; }
  rm -f "$pp_temporary"
  return 1
}
# pp_fill MODE OWNER FORM NEW: nobody else sees the file before it is complete, nor with another mode or owner than its own.
pp_fill() {
  set -C
  umask 077
  : >"$pp_temporary" || return 1
  set +C
  [ "$pp_was" = absent ] || cp -p "$pp_path" "$pp_temporary" || return 1
  pp_said=$(pp_print "$3" "$4" | dd of="$pp_temporary" conv=fsync 2>&1) || { printf '%s\n' "$pp_said"; return 1; }
  pp_same "$3" "$4" "$pp_temporary" || { printf '%s\n' "$pp_path: what was written does not read back"; return 1; }
  [ "$pp_was" = absent ] || return 0
  { [ -z "$2" ] || chown -- "$2" "$pp_temporary"; } && chmod "$1" "$pp_temporary"
}
# pp_directory PATH MODE OWNER
pp_directory() {
  [ ! -d "$1" ] || return 0
  pp_text=$(umask 022; mkdir -p -- "${1%/*}/" 2>&1 && mkdir -m 700 -- "$1" 2>&1) || return 1
  pp_text=$({ [ -z "$3" ] || chown -- "$3" "$1"; } 2>&1 && chmod "$2" "$1" 2>&1) && { pp_relabel "$1"; return 0; }
  rmdir -- "$1" 2>/dev/null
  return 1
}
pp_remove_directory() { { [ ! -e "$1" ] && [ ! -L "$1" ]; } || pp_text=$(rmdir -- "$1" 2>&1); }
# pp_permission PATH VALUE PROGRAM...
pp_permission() {
  pp_path=$1 pp_value=$2
  shift 2
  [ ! -L "$pp_path" ] || { pp_text="$pp_path has become a symbolic link: run again"; return 1; }
  pp_text=$("$@" -- "$pp_value" "$pp_path" 2>&1)
}
pp_relabel() { ! command -v restorecon >/dev/null 2>&1 || restorecon "$1" >/dev/null 2>&1; return 0; }
# pp_remove PATH sweep|keep FORM OLD: with `sweep` an empty folder goes with its last file.
pp_remove() {
  [ ! -e "$1" ] && [ ! -L "$1" ] && return 0
  pp_same "$3" "$4" "$1" || { pp_text="$1 changed since it was read: run again"; return 1; }
  pp_text=$(rm -f "$1" 2>&1) || return 1
  [ "$2" = keep ] || rmdir -- "${1%/*}" 2>/dev/null || :
}
# pp_record FOLDER NAME MADE TEXT PATH...: in MADE each folder above a PATH that does not exist yet, one a line.
pp_record() {
  pp_path=$1 pp_name=$2 pp_made=$3 pp_body=$4 pp_folders=''
  shift 4
  for pp_p in "$@"; do
    pp_above=${pp_p%/*}
    while [ -n "$pp_above" ] && [ ! -e "$PP_ROOT$pp_above" ]; do
      case "
$pp_folders" in
        *"
$pp_above
"*) break ;;
      esac
      pp_folders="$pp_folders$pp_above
" pp_above=${pp_above%/*}
    done
  done
  pp_text=$(umask 077; mkdir -p -m 700 "$pp_path" 2>&1) && { [ -z "$pp_folders" ] || pp_keep "$pp_path/$pp_made" "$pp_folders"; } &&
    pp_keep "$pp_path/$pp_name" "$pp_body" && return 0
  rm -f "$pp_path/$pp_made" "$pp_path/$pp_name"
  return 1
}
# pp_keep PATH TEXT: a private file, on disk.
pp_keep() { pp_text=$(umask 077; pp_print %s "$2" | dd of="$1" conv=fsync 2>&1) && pp_text=''; }
pp_run() {
  pp_mark run >&2
  pp_mark run
  if [ -n "$1" ]; then ( cd "$1" && shift && pp_exec "$@" ); else ( shift && pp_exec "$@" ); fi
  pp_exit=$?
  printf '\n'
  pp_mark exit "$pp_exit"
  printf '\n' >&2
  pp_mark ran >&2
}
