#!/bin/sh
# touched.sh PID...: which file stands where and when it was written, on each host; two of these tell whether anything was written.
for pid in "$@"; do
  cd "/proc/$pid/root" || exit 1
  find etc/broker sys srv/broker -printf '%i %T@ %p\n'
done
