#!/bin/sh
# `modinfo -F parmtype MODULE` of a simulated host: NAME:TYPE, a line each.
set -u
root=$PERFPLAY_ROOT
read -r release <"$root/proc/sys/kernel/osrelease"
for name; do :; done
name=$(printf %s "$name" | tr - _)
grep -q "/$name\.ko" "$root/lib/modules/$release/modules.dep" "$root/lib/modules/$release/modules.builtin" ||
  { echo "modinfo: ERROR: Module $name not found." >&2; exit 1; }
while read -r module parameter type _; do
  [ "$module" != "$name" ] || printf '%s:%s\n' "$parameter" "$type"
done <"$root/lib/modules/$release/modules.parameters"
