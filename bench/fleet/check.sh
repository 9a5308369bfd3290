#!/bin/sh
# check.sh AFTER PID...: says what differs on each host, named by its process 1, from the tree AFTER: contents, files too many or too few,
# modes and owners. Exit 1 where anything does.
after=$1
shift
status=0
for pid in "$@"; do
  cd "/proc/$pid/root" || exit 1
  diff -r "$after/etc/broker" etc/broker && diff -r "$after/sys" sys || status=1
  modes=$(stat -c '%a %u:%g %n' srv/broker/data etc/broker/*)
  [ "$modes" = '750 0:0 srv/broker/data
644 0:0 etc/broker/90-limits.conf
644 0:0 etc/broker/affinity
644 0:0 etc/broker/broker.conf
644 0:0 etc/broker/jvm.conf
644 0:0 etc/broker/log.conf
644 0:0 etc/broker/profile
600 0:0 etc/broker/secret' ] || { printf '%s\n' "process $pid: $modes"; status=1; }
done
exit "$status"
