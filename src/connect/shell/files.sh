# How files and folders are changed; told with changes.sh.
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

# New files of ops in a row are written first, all of them, put on disk by one sync(1), and renamed each in its turn: a rename never comes
# before its data is on disk. Between the sync and the first rename one cat compares all that is to be replaced with what was read, and
# what was written with what should be. Whatever is not as it should be takes the way of pp_file, which says why. So do NUL bytes (%b),
# symbolic links, and folders that are not there yet.
# Each of these ops has a function pp_fID, which puts its words behind others: PATH MODE OWNER WAS FORM OLD FORM NEW.
# pp_prepare ID NEEDS...: NEEDS are ops before the first of these.
pp_prepare() {
  pp_ready=''
  [ -n "$pp_between" ] || return 0
  while [ "$#" -gt 0 ]; do
    ! pp_met "$2" || "pp_f$1" pp_candidate "$1"
    shift 2
  done
  [ -z "$pp_ready" ] || ( pp_write_ready ) 2>/dev/null || pp_drop
}
# pp_candidate ID PATH...
pp_candidate() {
  [ "$6$8" = %s%s ] && [ -d "${2%/*}/" ] && [ ! -L "$2" ] || return 0
  if [ "$5" = present ]; then [ -f "$2" ] || return 0; else [ ! -e "$2" ] || return 0; fi
  # Two names of one file: what comes later has to see what the other has done.
  for pp_p in $pp_ready; do ! "pp_f$pp_p" pp_is_same "$2" || return 0; done
  pp_ready="$pp_ready $1"
}
pp_is_same() { [ "$1" -ef "$2" ]; }
# In a subshell. Nobody else sees a file with another mode or owner than its own: it is given these while it is empty.
pp_write_ready() {
  umask 077
  set -C
  set --
  for pp_id in $pp_ready; do
    "pp_f$pp_id" pp_open "$pp_id" || return 1
    case $pp_was$pp_path in present*[[:space:]]*) ;; present*) set -- "$@" "$pp_path" "$pp_temporary" ;; esac
  done
  set +C
  # One ls and one chmod for three copies or more.
  pp_listing=''
  [ "$#" -lt 6 ] || pp_listing=$(exec ls -ldn "$@")$pp_newline
  pp_modes=''
  for pp_id in $pp_ready; do "pp_f$pp_id" pp_own "$pp_id" || return 1; done
  for pp_wanted in $pp_modes; do
    set --
    for pp_id in $pp_ready; do
      eval "pp_mode=\${pp_mode_$pp_id-}"
      [ "$pp_mode" != "$pp_wanted" ] || { "pp_f$pp_id" pp_named "$pp_id"; set -- "$@" "$pp_temporary"; }
    done
    chmod "$pp_wanted" "$@" || return 1
  done
  set --
  for pp_id in $pp_ready; do
    "pp_f$pp_id" pp_put "$pp_id" || return 1
    set -- "$@" "$pp_temporary"
  done
  pp_sync "$@" || return 1
  pp_wanted=''
  set --
  for pp_id in $pp_ready; do
    "pp_f$pp_id" pp_expect "$pp_id"
    [ "$pp_was" = absent ] || set -- "$@" "$pp_path" "$pp_between"
    set -- "$@" "$pp_temporary" "$pp_between"
  done
  [ "$(exec cat "$@")" = "$pp_wanted" ]
}
pp_named() { pp_temporary=${2%/*}/.perfplay.$$.$1; }
pp_open() {
  pp_named "$@"
  pp_path=$2 pp_was=$5
  [ ! -e "$pp_temporary" ] && [ ! -L "$pp_temporary" ] || rm -f "$pp_temporary"
  { :; } >"$pp_temporary"
}
# pp_own ID PATH...: mode and owner. What root made for itself, with a plain mode, needs no copy.
pp_own() {
  pp_named "$@"
  if [ "$5" = absent ]; then
    pp_mode=$3
    [ -z "$4" ] || chown -- "$4" "$pp_temporary" || return 1
  else
    pp_is_plain "$2" || { cp -p "$2" "$pp_temporary"; return; }
  fi
  eval "pp_mode_$1=\$pp_mode"
  case " $pp_modes " in *" $pp_mode "*) ;; *) pp_modes="$pp_modes $pp_mode" ;; esac
}
# pp_listed PATH: its letters, owner and group, of a path without blanks.
pp_listed() {
  pp_l=${pp_listing%%" $1$pp_newline"*}
  [ "$pp_l" != "$pp_listing" ] || return 1
  set -- ${pp_l##*"$pp_newline"}
  pp_l="$1 $3 $4"
}
# Whether it differs from its empty copy by a mode alone: pp_mode. Any mark but that of SELinux says that there is more, as an ACL is.
pp_is_plain() {
  pp_listed "$pp_temporary" || return 1
  case $pp_l in '-rw------- '* | '-rw-------. '*) ;; *) return 1 ;; esac
  pp_holder=${pp_l#* }
  pp_listed "$1" && [ "${pp_l#* }" = "$pp_holder" ] || return 1
  pp_mode=00 pp_l=${pp_l%% *}
  pp_l=${pp_l#-}
  while [ -n "$pp_l" ]; do
    case $pp_l in
      ---*) pp_mode=${pp_mode}0 ;;
      --x*) pp_mode=${pp_mode}1 ;;
      -w-*) pp_mode=${pp_mode}2 ;;
      -wx*) pp_mode=${pp_mode}3 ;;
      r--*) pp_mode=${pp_mode}4 ;;
      r-x*) pp_mode=${pp_mode}5 ;;
      rw-*) pp_mode=${pp_mode}6 ;;
      rwx*) pp_mode=${pp_mode}7 ;;
      .) return 0 ;;
      *) return 1 ;;
    esac
    pp_l=${pp_l#???}
  done
}
pp_put() { pp_named "$@"; pp_print %s "$9" >"$pp_temporary"; }
pp_expect() {
  pp_named "$@"
  pp_path=$2 pp_was=$5
  [ "$5" = absent ] || pp_wanted=$pp_wanted$7$PP_NONCE
  pp_wanted=$pp_wanted$9$PP_NONCE
}
# pp_sync FILE...: their data is on disk. An old sync(1) knows only all there is, and no option.
pp_sync() {
  sync -d "$@" 2>/dev/null && return
  pp_said=$(exec sync -d "$@" 2>&1)
  case $?$pp_said in
    0*) return 0 ;;
    127* | *'invalid option -- '*) ;;
    *) return 1 ;;
  esac
  for pp_p in "$@"; do dd if=/dev/null of="$pp_p" conv=notrunc,fsync 2>/dev/null || return 1; done
}
# pp_replace ID PATH...
pp_replace() {
  pp_named "$@"
  case " $pp_ready " in
    *" $1 "*)
      if [ ! -L "$2" ] && if [ "$5" = present ]; then [ -f "$2" ]; else [ ! -e "$2" ]; fi; then
        pp_try mv -f "$pp_temporary" "$2" && { pp_relabel "$2"; return 0; }
        rm -f "$pp_temporary"
        return 1
      fi
      rm -f "$pp_temporary" ;;
  esac
  shift
  pp_file "$@"
}
# What was written for nothing goes.
pp_drop() { for pp_id in $pp_ready; do "pp_f$pp_id" pp_leave "$pp_id"; done; pp_ready=''; }
pp_leave() { pp_named "$@"; [ ! -e "$pp_temporary" ] || rm -f "$pp_temporary"; }
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
