#!/bin/sh
# systemd-detect-virt(1): the simulated hosts are metal.
echo none
exit 1
