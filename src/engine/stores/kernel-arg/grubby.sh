# pp_grubby REMOVE ADD (PATH STATE OLD STATE NEW)...: has grubby edit every entry in one call, then puts each file as it was computed:
# grubby's versions differ in which files they know, and all give rescue entries what the others get.
# STATE: present and its text, or absent. When anything fails, every file becomes again what it was.

# pp_grubby_put PATH STATE TEXT
pp_grubby_put() {
  if [ "$2" = absent ]; then pp_text=$(rm -f "$1" 2>&1); return; fi
  pp_new_grubby=$3
  if [ ! -e "$1" ]; then pp_file grubby "$1" 00644 '' absent %s %s; return; fi
  pp_old_grubby=$(cat "$1" && printf x) || { pp_text="$1: cannot be read"; return 1; }
  pp_old_grubby=${pp_old_grubby%x}
  [ "$pp_old_grubby" = "$3" ] || pp_file grubby "$1" 00644 '' present %s %s
}

# pp_grubby_each same|old|new (PATH STATE OLD STATE NEW)...
pp_grubby_each() {
  pp_which=$1
  shift
  while [ $# -gt 0 ]; do
    case $pp_which in
      same)
        if [ "$2" = absent ]; then [ ! -e "$PP_ROOT$1" ]; else pp_same %s "$3" "$PP_ROOT$1" 2>/dev/null; fi ||
          { pp_text="$1 changed since it was read: run again"; return 1; } ;;
      old) pp_grubby_put "$PP_ROOT$1" "$2" "$3" || pp_lost="$pp_lost $1" ;;
      new) pp_grubby_put "$PP_ROOT$1" "$4" "$5" || return 1 ;;
    esac
    shift 5
  done
}

pp_grubby() {
  pp_remove=$1 pp_add=$2 pp_lost=''
  shift 2
  command -v grubby >/dev/null 2>&1 || { pp_text='grubby is not installed'; return 1; }
  pp_grubby_each same "$@" || return 1
  pp_code=0
  [ -z "$pp_remove$pp_add" ] ||
    pp_text=$(grubby --update-kernel=ALL ${pp_remove:+"--remove-args=$pp_remove"} ${pp_add:+"--args=$pp_add"} 2>&1) ||
    pp_code=$?
  if [ "$pp_code" = 0 ]; then
    pp_text=''
    pp_grubby_each new "$@" && return 0
    pp_why=$pp_text
  else
    pp_why="grubby: $(printf %s "${pp_text:-exit code $pp_code}" | tr '\n' ' ')"
  fi
  pp_grubby_each old "$@"
  pp_text="$pp_why; the boot entries are as they were"
  [ -z "$pp_lost" ] || pp_text="$pp_why; could not be put back:$pp_lost"
  return 1
}
