# Sourced by every stub: one line a call, the words separated by tabs.
line=${0##*/}
for word; do line="$line	$word"; done
printf '%s\n' "$line" >>/var/lib/lab/calls
