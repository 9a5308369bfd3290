# How files and folders are changed; told with changes.sh.
# pp_same FORM TEXT FILE: a NUL byte (%b) lives in no variable, so such contents are compared by their sums.
pp_same() {
  case $1 in
    %b) [ "$(pp_print %b "$2" | cksum)" = "$(cksum <"$3")" ] ;;
    *) [ "$(cat "$3" && printf x)" = "$2"x ] ;;
  esac
}
# Contents are variables, as a word of a command costs sh five times what an assignment does: pp_old_NAME and pp_new_NAME.
pp_contents() { eval "pp_old=\${pp_old_$1-} pp_new=\${pp_new_$1-}"; }
# pp_file NAME PATH MODE OWNER WAS FORM FORM: OWNER as chown takes it, or nothing; both are those of a file that is made.
pp_file() {
  pp_contents "$1"
  pp_path=$2 pp_was=$5
  [ ! -L "$pp_path" ] || pp_path=$(readlink -f "$pp_path") || { pp_text="$2: the symbolic link points nowhere"; return 1; }
  pp_folder=${pp_path%/*}/
  if [ -e "$pp_path" ]; then
    [ -f "$pp_path" ] || { pp_text="$pp_path is not a regular file"; return 1; }
    [ "$pp_was" = present ] && pp_same "$6" "$pp_old" "$pp_path" ||
      { pp_text="$pp_path changed since it was read: run again"; return 1; }
  else
    [ "$pp_was" = absent ] || { pp_text="$pp_path is gone since it was read: run again"; return 1; }
    pp_text=$(umask 022; mkdir -p -- "$pp_folder" 2>&1) || return 1
  fi
  pp_temporary=$pp_folder.perfplay.$$
  pp_text=$(pp_fill "$3" "$4" "$7" "$pp_new" 2>&1 && mv -f "$pp_temporary" "$pp_path" 2>&1) && { pp_relabel "$pp_path"; return 0; }
  rm -f "$pp_temporary"
  return 1
}
# pp_fill MODE OWNER FORM NEW: nobody else sees the file before it is complete, nor with another mode or owner than its own.
pp_fill() {
  umask 077
  pp_make || return 1
  [ "$pp_was" = absent ] || cp -p "$pp_path" "$pp_temporary" || return 1
  pp_said=$(pp_print "$3" "$4" | dd of="$pp_temporary" conv=fsync 2>&1) || { printf '%s\n' "$pp_said"; return 1; }
  pp_same "$3" "$4" "$pp_temporary" || { printf '%s\n' "$pp_path: what was written does not read back"; return 1; }
  [ "$pp_was" = absent ] || return 0
  { [ -z "$2" ] || chown -- "$2" "$pp_temporary"; } && chmod "$1" "$pp_temporary"
}

# New files of ops in a row are written first, all of them, put on disk by one sync(1), and renamed each in its turn: a rename never comes
# before its data is on disk. Between the sync and the first rename one cat compares all that is to be replaced with what was read, and
# what was written with what should be. Whatever is not as it should be takes the way of pp_file, which says why. So do NUL bytes (%b),
# symbolic links, folders that are not there yet, and paths that a shell would not take as they are.
# Each of these ops has a function pp_fID, which puts its words behind others: PATH MODE OWNER WAS FORM FORM.
# pp_prepare ID NEEDS...: NEEDS are ops before the first of these.
pp_prepare() {
  pp_ready='' pp_paths='' pp_temporaries=''
  [ -n "$pp_room" ] || return 0
  while [ "$#" -gt 0 ]; do
    ! pp_met "$2" || "pp_f$1" pp_candidate "$1"
    shift 2
  done
  [ -z "$pp_ready" ] || pp_write_ready 2>/dev/null || pp_drop
}
# pp_candidate ID PATH...
pp_candidate() {
  [ "$6$7" = %s%s ] && [ -d "${2%/*}/" ] && [ ! -L "$2" ] || return 0
  case $2 in *[!A-Za-z0-9/._@:+,=%-]*) return 0 ;; esac
  if [ "$5" = present ]; then [ -f "$2" ] || return 0; else [ ! -e "$2" ] || return 0; fi
  # Two names of one file: what comes later has to see what the other has done.
  for pp_p in $pp_paths; do [ ! "$2" -ef "$pp_p" ] || return 0; done
  pp_ready="$pp_ready $1" pp_paths="$pp_paths $2"
}
# Nobody else sees a file with another mode or owner than its own: it is given these while it is empty.
pp_write_ready() {
  pp_names=''
  for pp_one in $pp_ready; do "pp_f$pp_one" pp_open "$pp_one" || break; pp_one=''; done
  umask 077
  [ -z "$pp_one" ] || return 1
  # In the order of the names; of an ls that knows no -U nothing is heard, and cp -p has to do it.
  pp_listing=$(exec ls -ldnU $pp_names) pp_modes=''
  IFS=$pp_newline
  set -- $pp_listing
  unset IFS
  for pp_one in $pp_ready; do
    pp_line_1=${1-} pp_line_2=${2-}
    "pp_f$pp_one" pp_own "$pp_one" || return 1
    [ "$#" -lt "$pp_lines" ] || shift "$pp_lines"
  done
  for pp_wanted in $pp_modes; do
    eval "chmod $pp_wanted \$pp_mode_$pp_wanted" || return 1
  done
  pp_wanted='' pp_names=''
  for pp_one in $pp_ready; do "pp_f$pp_one" pp_put "$pp_one" || return 1; done
  pp_sync ${pp_unsynced:+"$pp_unsynced"} ${pp_unsynced_too:+"$pp_unsynced_too"} $pp_temporaries || return 1
  pp_unsynced='' pp_unsynced_too=''
  pp_print %s "$PP_NONCE" >"${pp_here}between" && [ "$(exec cat $pp_names)" = "$pp_wanted" ]
}
pp_named() { pp_temporary=${2%/*}/.perfplay.$$.$1; }
# What everybody may read in the end may be read while it is empty: such a file has its mode from the start.
pp_open() {
  pp_named "$@"
  case $3 in 00644) umask 022 ;; *) umask 077 ;; esac
  pp_make || return 1
  pp_temporaries="$pp_temporaries $pp_temporary" pp_names="$pp_names $pp_temporary"
  [ "$5" = absent ] || pp_names="$pp_names $2"
}
pp_make() {
  [ ! -e "$pp_temporary" ] && [ ! -L "$pp_temporary" ] || rm -f "$pp_temporary"
  pp_create "$pp_temporary"
}
# pp_own ID PATH MODE OWNER WAS...: mode and owner, where they are not what they should be already; of how many lines of ls.
pp_own() {
  pp_named "$@"
  pp_listed "$pp_line_1" "$pp_temporary"
  pp_its=$pp_l pp_lines=1
  if [ "$5" = absent ]; then
    pp_wanted=$3
    pp_digits "${pp_its%% *}" && [ "$pp_mode" = "$3" ] || pp_mode=''
  else
    pp_listed "$pp_line_2" "$2"
    pp_lines=2
    pp_digits "${pp_l%% *}" && pp_wanted=$pp_mode || pp_wanted=''
    [ "$pp_l" = "$pp_its" ] || pp_digits "${pp_its%% *}" && [ "${pp_l#* }" = "${pp_its#* }" ] || pp_wanted=''
    [ "$pp_wanted" = "$pp_mode" ] || pp_mode=''
  fi
  # Whoever has opened it meanwhile must not read what it will hold.
  [ -n "$pp_mode" ] && [ -n "$pp_wanted" ] || [ "$3" != 00644 ] || pp_make || return 1
  [ "$5" = present ] || [ -z "$4" ] || chown -- "$4" "$pp_temporary" || return 1
  [ -n "$pp_wanted" ] || { cp -p "$2" "$pp_temporary"; return; }
  [ -z "$pp_mode" ] || return 0
  case " $pp_modes " in *" $pp_wanted "*) ;; *) pp_modes="$pp_modes $pp_wanted"; eval "pp_mode_$pp_wanted=''" ;; esac
  eval "pp_mode_$pp_wanted=\"\$pp_mode_$pp_wanted \$pp_temporary\""
}
# pp_listed LINE PATH: of a line of ls, pp_l: letters, owner and group; nothing where it is of another path.
pp_listed() {
  pp_l=''
  case $1 in *" $2") set -- $1; pp_l="$1 $3 $4" ;; esac
}
# pp_digits LETTERS: pp_mode. Any mark but that of SELinux says that there is more, as an ACL is; then it fails, and for a bit that is not
# r, w or x.
pp_digits() {
  case $1 in -rw-r--r-- | -rw-r--r--.) pp_mode=00644; return ;; esac
  pp_p=${1#-} pp_mode=00
  while [ -n "$pp_p" ]; do
    case $pp_p in
      ---*) pp_mode=${pp_mode}0 ;;
      --x*) pp_mode=${pp_mode}1 ;;
      -w-*) pp_mode=${pp_mode}2 ;;
      -wx*) pp_mode=${pp_mode}3 ;;
      r--*) pp_mode=${pp_mode}4 ;;
      r-x*) pp_mode=${pp_mode}5 ;;
      rw-*) pp_mode=${pp_mode}6 ;;
      rwx*) pp_mode=${pp_mode}7 ;;
      .) break ;;
      *) return 1 ;;
    esac
    pp_p=${pp_p#???}
  done
  [ "$pp_mode" != 00 ]
}
pp_put() {
  pp_named "$@"
  pp_contents "$1"
  pp_print %s "$pp_new" >"$pp_temporary" || return 1
  [ "$5" = absent ] || pp_names="$pp_names $2 ${pp_here}between" pp_wanted=$pp_wanted$pp_old$PP_NONCE
  pp_names="$pp_names $pp_temporary ${pp_here}between" pp_wanted=$pp_wanted$pp_new$PP_NONCE
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
# pp_replace ID PATH...: a file that is newer than what was prepared has been changed since.
pp_replace() {
  pp_named "$@"
  case " $pp_ready " in
    *" $1 "*)
      if [ ! -L "$2" ] && if [ "$5" = present ]; then [ -f "$2" ] && [ ! "$2" -nt "$pp_temporary" ]; else [ ! -e "$2" ]; fi; then
        pp_try mv -f "$pp_temporary" "$2" && { pp_relabel "$2"; return 0; }
        rm -f "$pp_temporary"
        return 1
      fi
      rm -f "$pp_temporary" ;;
  esac
  pp_file "$@"
}
# What was written for nothing goes.
pp_drop() {
  for pp_p in $pp_temporaries; do [ ! -e "$pp_p" ] || rm -f "$pp_p"; done
  pp_ready='' pp_temporaries=''
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
pp_relabels=''
pp_relabel() {
  [ -n "$pp_relabels" ] || { pp_relabels=no; ! command -v restorecon >/dev/null 2>&1 || pp_relabels=yes; }
  [ "$pp_relabels" = no ] || restorecon "$1" >/dev/null 2>&1
  return 0
}
# pp_remove NAME PATH sweep|keep FORM: with `sweep` an empty folder goes with its last file.
pp_remove() {
  [ ! -e "$2" ] && [ ! -L "$2" ] && return 0
  pp_contents "$1"
  pp_same "$4" "$pp_old" "$2" || { pp_text="$2 changed since it was read: run again"; return 1; }
  pp_text=$(rm -f "$2" 2>&1) || return 1
  [ "$3" = keep ] || rmdir -- "${2%/*}" 2>/dev/null || :
}
