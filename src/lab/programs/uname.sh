#!/bin/sh
# uname(1) of a simulated host.
root=$PERFPLAY_ROOT/proc/sys/kernel
read -r system <"$root/ostype"
read -r node <"$root/hostname"
read -r release <"$root/osrelease"
read -r version <"$root/version"
read -r machine <"$root/arch"
[ $# -gt 0 ] || set -- -s
case $* in *a*) set -- -snrvm ;; esac
answer=''
for letter in s n r v m; do
  case $* in *"$letter"*) ;; *) continue ;; esac
  case $letter in
    s) word=$system ;; n) word=$node ;; r) word=$release ;; v) word=$version ;; m) word=$machine ;;
  esac
  answer="$answer${answer:+ }$word"
done
printf '%s\n' "$answer"
