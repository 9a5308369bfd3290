#!/bin/sh
# udevadm(8) of a simulated host: rules are read afresh at each boot, so a reload has nothing to do.
case ${1:-} in
  control | settle) ;;
  *)
    echo "udevadm: '${1:-}' is not simulated" >&2
    exit 1
    ;;
esac
