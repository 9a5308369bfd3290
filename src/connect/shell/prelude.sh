# What the target's sh is told once a connection. POSIX sh: dash, bash, busybox and mksh read it alike.
# Enough for questions: what changes need is in changes.sh. It starts no program but cat, ls, systemctl and what is asked for.
#
# An answer is a row of sections, each begun by a line with the nonce of this connection.
# File contents come byte-exact from one cat: `sep sep f1 sep f2 ... sep`, where `sep` is cat's own /proc/self/environ with the
# nonce in it, which no other user can read; where there is no /proc, a private file with the nonce.
# Set before: PP_NONCE; PP_ROOT (a folder that stands for /), PP_WRITE (the program that writes attributes there), PP_PATH.

set +e +u +x
# Paths are words, and not patterns, but where a question says so; and sh looks through every character of a word for a pattern.
set -f
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
  ( umask 077; set -C; printf 'N=%s\000' "$PP_NONCE" >"$PP_SEPARATOR" )
}
# pp_print FORM TEXT: FORM is printf's, %s or %b. mksh has no printf of its own, and a program takes no word above 128 KiB.
case ${KSH_VERSION-} in
  *MIRBSD*) pp_print() { if [ "$1" = %b ]; then print -n -- "$2"; else print -rn -- "$2"; fi; } ;;
  *) pp_print() { printf "$1" "$2"; } ;;
esac
pp_newline='
'
pp_mark() { pp_print %s "$PP_NONCE $*$pp_newline"; }
# Where cat is, without a process that looks.
pp_program_cat=cat
IFS=:
for pp_l in $PATH; do case $pp_l in /*) [ ! -x "$pp_l/cat" ] || { pp_program_cat=$pp_l/cat; break; } ;; esac; done
unset IFS
# The less environment, the shorter the separator: it stands between any two files. Without words on a locale cat says its errors in
# the language of C.
pp_cat() {
  (
    unset HOME LOGNAME MAIL SHELL USER TERM PWD OLDPWD SHLVL SUDO_COMMAND SUDO_USER SUDO_UID SUDO_GID
    unset LANG LANGUAGE LC_ALL LC_CTYPE LC_MESSAGES LC_COLLATE LC_TIME LC_NUMERIC LC_MONETARY
    unset XDG_SESSION_ID XDG_SESSION_TYPE XDG_SESSION_CLASS XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS MOTD_SHOWN
    unset SSH_CLIENT SSH_CONNECTION SSH_TTY PERFPLAY_ROOT PERFPLAY_WRITE
    [ "$pp_program_cat" = cat ] || unset PATH
    N=$PP_NONCE
    export N
    exec "$pp_program_cat" "$PP_SEPARATOR" "$@" "$PP_SEPARATOR" 2>&1
  )
}
# pp_words COUNT BEFORE: `BEFORE "${1}" BEFORE "${2}" ...`, in pp_list. Ten at a time, as adding to a long text costs its length.
pp_words() {
  pp_list='' pp_n=0
  while [ "$((pp_n + 10))" -le "$1" ]; do
    pp_ten=''
    for pp_l in 1 2 3 4 5 6 7 8 9 10; do pp_ten="$pp_ten $2\"\${$((pp_n + pp_l))}\""; done
    pp_list=$pp_list$pp_ten pp_n=$((pp_n + 10))
  done
  while [ "$pp_n" -lt "$1" ]; do pp_n=$((pp_n + 1)); pp_list="$pp_list $2\"\${$pp_n}\""; done
}
# Named pipes are left out: whoever reads one waits for whoever writes.
pp_content() {
  pp_pipes=''
  for pp_p do [ ! -p "$pp_p" ] || { pp_pipes=yes; break; }; done
  [ -z "$pp_pipes" ] || for pp_p do
    shift
    [ -p "$pp_p" ] || set -- "$@" "$pp_p"
  done
  # In one write, as it comes before cat's.
  printf '%s\000' "$PP_NONCE content $#" "$@"
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
  while [ "$#" -gt 400 ]; do
    [ -n "$pp_plain" ] || { pp_words 400 ''; pp_plain=$pp_list; }
    eval "pp_ls $pp_plain"
    shift 400
  done
  [ "$#" -eq 0 ] || pp_ls "$@"
  pp_mark .
}
pp_plain=''
# busybox has no -q, and exits with 1 as it does for a file that is missing; GNU exits with 2 for that.
pp_ls() { ls -ldnq -- "$@" 2>/dev/null || [ "$?" -ne 1 ] || ls -ldn -- "$@" 2>/dev/null; }
pp_line() { pp_l=''; { IFS= read -r pp_l <"$1"; } 2>/dev/null; }
pp_paragraph() {
  pp_mark paragraph
  { while IFS= read -r pp_l && [ -n "$pp_l" ]; do pp_print %s "$pp_l$pp_newline"; done <"$1"; } 2>/dev/null
  pp_mark .
}
pp_units() {
  pp_mark units
  systemctl show --no-pager -p Id -p LoadState -p ActiveState -p UnitFileState -- "$@" 2>/dev/null
  pp_mark .
}
# bash would fork for a program that is not there.
pp_query() {
  pp_mark query "$1"
  shift
  pp_exit=127
  ! command -v "$1" >/dev/null 2>&1 || { "$@" 2>/dev/null; pp_exit=$?; }
  echo
  pp_mark exit "$pp_exit"
}
# pp_start: when process PID was started, in ticks since the boot; pp_boot: which boot this is. Nothing of a process that has ended,
# waited for or not; nothing without /proc.
pp_started() {
  pp_start=''
  case $1 in ''|*[!0-9]*) return 1 ;; esac
  { IFS= read -r pp_l <"/proc/$1/stat"; } 2>/dev/null || return
  # Its name, which may hold anything, ends with the last `)`. `##*)` would try every end of the line.
  while case $pp_l in *')'*) ;; *) false ;; esac; do pp_l=${pp_l#*)}; done
  set -- $pp_l
  case $1 in Z|X) return 1 ;; esac
  shift 19
  pp_start=$1
}
# When this shell was started: asked once, as sh reads a byte a call.
pp_started "$$"
pp_self=$pp_start
pp_booted() { pp_boot=''; { IFS= read -r pp_boot </proc/sys/kernel/random/boot_id; } 2>/dev/null; }
pp_end() { pp_mark end "$1"; pp_mark end "$1" >&2; }
