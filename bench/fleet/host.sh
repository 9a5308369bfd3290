#!/bin/sh
# host.sh FOLDER ADDRESS PORT CGROUP: one host around this shell, which is process 1 of its own mount and pid namespaces: the machine's
# files, copy on write, and a /sys, /run, /tmp, /root, /dev and /proc of its own. FOLDER/host is laid over them.
# Standard input is its life: when that ends, so do the shell, every process of the host, and all of its mounts.
set -eu
umask 022
folder=$1 address=$2 port=$3
# 0 is whoever writes it. Read while the machine's /proc is in sight: the number by which the machine knows this process.
echo 0 >"$4/cgroup.procs"
read -r pid rest </proc/self/stat

mount --make-rprivate /
mount -t tmpfs -o mode=0755 bench /mnt
mkdir /mnt/upper /mnt/work /mnt/own /mnt/host
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work bench /mnt/host
cd /mnt/host
for own in sys run tmp root dev; do
  mkdir "/mnt/own/$own"
  mount --bind "/mnt/own/$own" "$own"
done
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
cp -a "$folder/host/." .
mkdir run/machine
pivot_root . run/machine
cd /
umount -l /run/machine
rmdir /run/machine

/usr/sbin/sshd -f /etc/ssh/bench_config -p "$port" -o ListenAddress="$address"
until [ -s /run/sshd.pid ]; do sleep 0.02; done
echo "ready $pid"
read -r _ || :
