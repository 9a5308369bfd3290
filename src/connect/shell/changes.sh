# What the target's sh is told before the first batch that changes something, or that asks what became of one. It starts no program
# but cat, dd, sync, cp, mv, mkdir, rmdir, rm, readlink, chmod, chown, chgrp, cksum, sleep and what a step names.
# What changes something goes on to its end when the connection is cut, and keeps its answer in files: whoever connects again finds it
# there. The first of them is made once: a batch runs once, or, where somebody has asked for it in vain before, never.
# `shell`: whose process works on it; empty: nothing is kept. `out` and `err`; `end`, which says `end` or `never` once nothing more will
# come. They are named by what stands before, pp_here; where nobody but root may do that, they are in a folder of their own.
# pp_place TOKEN: makes `shell`. 2: it is there; 1: it can be made nowhere.
pp_place() {
  [ -d "$PP_ROOT/run/perfplay" ] || mkdir -p -m 755 "$PP_ROOT/run/perfplay" 2>/dev/null
  pp_here=$PP_ROOT/run/perfplay/batch.$1.
  pp_claim && return
  [ ! -e "${pp_here}shell" ] || return 2
  pp_here=$PP_ROOT/tmp/perfplay.$1/
  mkdir -m 700 "$pp_here" 2>/dev/null && { pp_claim; return; }
  [ ! -e "$pp_here" ] || return 2
  return 1
}
pp_claim() { pp_create "${pp_here}shell" 2>/dev/null; }
# pp_create PATH: an empty file. Fails where there is something already, a link too.
pp_create() {
  set -C
  { :; } >"$1"
  set -- "$?"
  set +C
  return "$1"
}
# What a batch makes is private, or has its mode from somebody; programs are run with the umask of the login, which costs no process to
# be asked for where there is a file.
pp_umask=''
pp_private() {
  [ -n "$pp_umask" ] || { umask >"${pp_here}shell" && IFS= read -r pp_umask <"${pp_here}shell"; } 2>/dev/null || pp_umask=$(umask)
  umask 077
}
# pp_once TOKEN FUNCTION: its answer is framed by TOKEN. A call that was cut names no function.
pp_once() {
  command -v "${2-}" >/dev/null 2>&1 || return
  pp_place "$1"
  pp_got=$?
  [ "$pp_got" -ne 2 ] || return
  pp_private
  pp_connection=$PP_NONCE PP_NONCE=$1 pp_answer='' pp_states='' pp_texts='' pp_room=''
  # A line in each: there is room for a short answer then, whatever fills the disk meanwhile.
  [ "$pp_got" -ne 0 ] ||
    { printf '%s\n' "$$ $pp_self" >"${pp_here}shell" && echo >"${pp_here}out" && echo >"${pp_here}err" && echo >"${pp_here}end" &&
      pp_room=yes; } 2>/dev/null
  if [ -n "$pp_room" ]; then
    trap '' HUP
    "$2" 1<>"${pp_here}out" 2<>"${pp_here}err" || pp_room=''
    { echo end 1<>"${pp_here}end"; } 2>/dev/null || pp_lose
    trap - HUP
    if [ -n "$pp_answer" ]; then pp_print %s "$pp_answer"; else cat "${pp_here}out"; fi && pp_errors
    [ -n "$pp_answer$pp_room" ] || pp_mark full
  else
    pp_lose
    trap '' HUP PIPE
    "$2"
    trap - HUP PIPE
  fi
  umask "$pp_umask"
  PP_NONCE=$pp_connection
}
pp_lose() { [ ! -e "${pp_here}shell" ] || { { :; } >"${pp_here}shell"; } 2>/dev/null; }
# Where nothing was said there is the one empty line that kept its room.
pp_errors() {
  { IFS= read -r pp_l && [ -z "$pp_l" ] && ! IFS= read -r pp_l && [ -z "$pp_l" ]; } <"${pp_here}err" || cat "${pp_here}err" >&2
}
# pp_attach TOKEN SECONDS: what became of a batch: its answer; or never: it has not come, and will not run any more; or running; or
# died: its shell is gone before its end; or lost: nothing is kept here.
pp_attach() {
  pp_place "$1"
  case $? in
    0) echo never >"${pp_here}end"; pp_mark attach never; return ;;
    1) pp_mark attach lost; return ;;
  esac
  # Whoever has just begun needs a moment to say so.
  pp_line "${pp_here}shell"
  case $pp_l in *' '*) ;; *) [ -s "${pp_here}end" ] || { sleep 1; pp_line "${pp_here}shell"; } ;; esac
  pp_shell=$pp_l pp_left=$2
  while :; do
    pp_started "${pp_shell%% *}"
    pp_line "${pp_here}end"
    case $pp_l in
      never) pp_mark attach never; return ;;
      end)
        pp_mark attach "done"
        cat "${pp_here}out"
        cat "${pp_here}err" >&2
        return ;;
    esac
    case $pp_shell in *' '*) ;; *) pp_mark attach lost; return ;; esac
    [ "$pp_shell" = "${pp_shell%% *} $pp_start" ] || { pp_mark attach died; return; }
    [ "$pp_left" -gt 0 ] || { pp_mark attach running; return; }
    sleep 1
    pp_left=$((pp_left - 1))
  done
}
# pp_forget TOKEN...: their answers have been heard. A batch that must never run stays known: its bytes may still be on their way.
pp_forget() {
  for pp_t in "$@"; do
    for pp_here in "$PP_ROOT/run/perfplay/batch.$pp_t." "$PP_ROOT/tmp/perfplay.$pp_t/"; do
      [ -e "${pp_here}shell" ] || continue
      pp_line "${pp_here}end"
      [ "$pp_l" = never ] || rm -rf "${pp_here}out" "${pp_here}err" "${pp_here}end" "${pp_here}between" "${pp_here%/}" "${pp_here}shell"
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
# pp_met NEEDS: whether all these ops have succeeded.
pp_met() { for pp_need in $1; do eval "[ \"\$pp_result_$pp_need\" = 0 ]" || return 1; done; }
# The results, into the answer that is kept, and into the one that is sent: a word for each op, then what some have said.
pp_told() {
  pp_answer="$PP_NONCE results$pp_states$pp_newline$pp_texts$PP_NONCE end$pp_newline"
  pp_print %s "$pp_answer"
}
# pp_do ID NEEDS FUNCTION...
pp_do() {
  pp_id=$1 pp_state=skipped pp_text=''
  pp_met "$2" && { shift 2; "$@"; pp_state=$?; }
  eval "pp_result_$pp_id=\$pp_state"
  pp_states="$pp_states $pp_state"
  [ -z "$pp_text" ] || pp_texts="$pp_texts$PP_NONCE text $pp_id$pp_newline$pp_text$pp_newline$PP_NONCE .$pp_newline"
}
# pp_function NAME ARGUMENT...: of a store; it starts programs.
pp_function() {
  umask "$pp_umask"
  set +f
  "$@"
  set -- "$?"
  set -f
  umask 077
  return "$1"
}
pp_attribute() {
  if [ -n "$PP_WRITE" ]; then pp_text=$("$PP_WRITE" "${1#"$PP_ROOT"}" "$2" 2>&1); return; fi
  [ -e "$1" ] || { pp_text='No such file or directory'; return 1; }
  { pp_print %s "$2$pp_newline" >"$1"; } 2>/dev/null && return 0
  pp_text=$(pp_print %s "$2$pp_newline" | dd of="$1" conv=notrunc 2>&1)
}
# pp_exec COUNT NAME=VALUE... PROGRAM ARGUMENT...: values of the environment never stand among a program's arguments.
pp_exec() {
  pp_n=$1
  shift
  while [ "$pp_n" -gt 0 ]; do export "$1"; shift; pp_n=$((pp_n - 1)); done
  umask "$pp_umask"
  # The lock is the shell's, and must not go on with what a program leaves behind.
  exec "$@" 8>&-
}
# pp_try PROGRAM...: once more where it fails, for its words. dash starts a program by vfork(2), and a subshell that would hear it by
# fork(2), which costs as much as mv.
pp_try() { "$@" >/dev/null 2>&1 || pp_text=$(exec "$@" 2>&1); }
pp_program() { pp_text=$(pp_exec "$@" 2>&1); }
# The record, and its list of folders, until they are on disk.
pp_unsynced='' pp_unsynced_too=''
# pp_record NAME ROW FOLDER FILE MADE PATH...: in MADE each folder above a PATH that does not exist yet, one a line. ROW prepares files,
# which are put on disk together with these.
pp_record() {
  pp_contents "$1"
  pp_row=$2 pp_path=$3 pp_name=$3/$4 pp_also=$3/$5 pp_body=$pp_new pp_folders=''
  shift 5
  for pp_p in "$@"; do
    pp_above=${pp_p%/*}
    while [ -n "$pp_above" ] && [ ! -e "$PP_ROOT$pp_above" ]; do
      case "$pp_newline$pp_folders" in *"$pp_newline$pp_above$pp_newline"*) break ;; esac
      pp_folders=$pp_folders$pp_above$pp_newline pp_above=${pp_above%/*}
    done
  done
  [ -n "$pp_folders" ] || pp_also=''
  [ -d "$pp_path" ] || pp_try mkdir -p -m 700 "$pp_path" || return 1
  set -- "$pp_name" "$pp_also"
  if { { [ -z "$2" ] || pp_print %s "$pp_folders" >"$2"; } && pp_print %s "$pp_body" >"$1"; } 2>/dev/null; then
    pp_unsynced=$1 pp_unsynced_too=$2
    "$pp_row"
    [ -n "$pp_unsynced" ] || return 0
    pp_unsynced='' pp_unsynced_too=''
    pp_sync "$1" ${2:+"$2"} && return 0
  fi
  { [ -z "$2" ] || pp_keep "$2" "$pp_folders"; } && pp_keep "$1" "$pp_body" && return 0
  rm -f "$1" ${2:+"$2"}
  return 1
}
# pp_keep PATH TEXT: a private file, on disk; says why not.
pp_keep() { pp_text=$(pp_print %s "$2" | dd of="$1" conv=fsync 2>&1) && pp_text=''; }
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
