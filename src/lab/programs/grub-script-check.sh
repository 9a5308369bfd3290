#!/bin/sh
# grub-script-check(1) of a simulated host: quotes are closed on their line, braces are balanced.
for file; do case $file in -*) shift ;; *) break ;; esac; done
file=$1
case $file in "$PERFPLAY_ROOT"/*) ;; *) file=$PERFPLAY_ROOT$file ;; esac
[ -r "$file" ] || { echo "error: cannot open file '$1'" >&2; exit 1; }
awk '
  /^[ \t]*#/ { next }
  { line = $0; if (gsub(/'\''/, "", line) % 2 || gsub(/"/, "", line) % 2) bad = NR }
  /\{$/ { open++ }
  /^[ \t]*\}$/ { if (--open < 0) bad = NR }
  END {
    if (!bad && open) bad = NR
    if (bad) { print "error: line no: " bad; print "Syntax error at line " bad; exit 1 }
  }
' "$file" >&2
