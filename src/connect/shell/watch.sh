# A change that may cut the connection is armed before it is made: whoever comes over a new connection confirms it, or a process here
# takes it back. Both rename the folder of the watch, so only one of them can; its new name tells which, to whoever asks again.
# pp_arm TOKEN SECONDS: pp_undo is run so many seconds after this batch has ended, or its shell has.
pp_arm() {
  for pp_watch in "$PP_ROOT/run/perfplay/batch.$1.watch" "$PP_ROOT/tmp/perfplay.$1.watch"; do
    mkdir -m 700 "$pp_watch" 2>/dev/null && break
  done
  { { :; } >"$pp_watch/failed"; } 2>/dev/null ||
    { pp_text='what would take back a change that may cut the connection cannot be kept here (/run/perfplay)'; return 1; }
  pp_guard "$2" </dev/null >"$pp_watch/failed" 2>/dev/null 8>&- &
}
# Whether the batch that armed has come to its end.
pp_over() {
  [ -s "${pp_here}shell" ] || return 0
  pp_line "${pp_here}end"
  [ -z "$pp_l" ] || return 0
  pp_started "$$"
  [ -z "$pp_start" ] || [ "$pp_start" != "$pp_self" ]
}
pp_guard() {
  trap '' HUP INT TERM
  # A batch that hangs, as the network is gone, is not waited for without end.
  pp_left=$1 pp_most=$((10 * $1))
  while [ -d "$pp_watch" ] && [ "$pp_left" -gt 0 ] && [ "$pp_most" -gt 0 ]; do
    sleep 1
    pp_most=$((pp_most - 1))
    ! pp_over || pp_left=$((pp_left - 1))
  done
  if ! mv "$pp_watch" "$pp_watch.undone" && [ ! -d "$pp_watch" ]; then
    # Nobody may have heard that it was confirmed.
    pp_left=60
    while [ -d "$pp_watch.kept" ] && [ "$pp_left" -gt 0 ]; do sleep 1; pp_left=$((pp_left - 1)); done
    rm -rf "$pp_watch.kept"
    return
  fi
  pp_do() { shift 2; pp_text=''; "$@" || printf '%s\n' "${pp_text:-exit code $?}"; }
  pp_undo
  # Nor does it change anything after that.
  pp_over || { until pp_over; do sleep 1; done; pp_undo; }
  : >"$pp_watch.undone/end"
}
# pp_confirm TOKEN: 1: it was taken back; what of that failed is said.
pp_confirm() {
  for pp_watch in "$PP_ROOT/run/perfplay/batch.$1.watch" "$PP_ROOT/tmp/perfplay.$1.watch"; do
    mv "$pp_watch" "$pp_watch.kept" 2>/dev/null && return
    [ ! -d "$pp_watch.kept" ] || return 0
    [ -d "$pp_watch.undone" ] || continue
    pp_left=60
    until [ -e "$pp_watch.undone/end" ] || [ "$pp_left" -eq 0 ]; do sleep 1; pp_left=$((pp_left - 1)); done
    pp_text=$(cat "$pp_watch.undone/failed")
    [ "$pp_left" -gt 0 ] || pp_text='it is not done with that yet'
  done
  return 1
}
# pp_disarm TOKEN: what became of it has been heard.
pp_disarm() {
  for pp_watch in "$PP_ROOT/run/perfplay/batch.$1.watch" "$PP_ROOT/tmp/perfplay.$1.watch"; do
    rm -rf "$pp_watch.kept" "$pp_watch.undone"
  done
}
