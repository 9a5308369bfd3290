#!/bin/sh
# One host, built around this shell, which is process 1 of its own pid, mount, net, uts and ipc namespaces.
# `/` is the machine's, copy on write; /sys, /boot, /run, /root, /home and /dev are its own; of /proc only processes and net sysctls are real.
# Standard input is its life: when that ends, so do the shell, every process of the host, and with them all mounts and interfaces.
set -eu
umask 022
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
stage=$1 name=$2 shell=$3 userland=$4
# Read through the machine's /proc: the number by which the machine knows this process.
read -r pid rest </proc/self/stat

mount --make-rprivate /
layers=$stage/layers
mkdir "$layers"
mount -t tmpfs -o mode=0755 lab "$layers"
mkdir "$layers/upper" "$layers/work" "$layers/host" "$layers/proc" "$layers/net"
mount -t overlay -o "lowerdir=/,upperdir=$layers/upper,workdir=$layers/work" lab "$layers/host"
cd "$layers/host"

for folder in run tmp var/tmp root home boot sys dev; do
  mkdir -p "$folder"
  mount -t tmpfs -o mode=0755 lab "$folder"
done
mkdir -p run/sshd run/lock dev/pts dev/shm
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 lab dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

mount -t proc proc proc
mount --bind proc/sys/net "$layers/net"
mount -t tmpfs -o mode=0755 lab proc/sys
mkdir proc/sys/net
mount --bind "$layers/net" proc/sys/net
mount -t tmpfs -o mode=0755 lab proc/irq
[ ! -e proc/sysrq-trigger ] || mount --bind /dev/null proc/sysrq-trigger

if [ "$userland" = busybox ]; then
  busybox=$(command -v busybox)
  for applet in $(busybox --list); do
    case $applet in sh | ash | busybox) continue ;; esac
    [ ! -e "usr/bin/$applet" ] || ln -sf "$busybox" "usr/bin/$applet"
  done
fi
ln -sfn "$shell" bin/sh

while read -r gone; do rm -rf ".$gone"; done <"$stage/gone"
cp -a --remove-destination "$stage/files/." .
chmod 0700 root
chmod 1777 tmp var/tmp dev/shm
for home in home/*; do [ ! -d "$home" ] || chown -R 1000:1000 "$home"; done

# A file can be mounted over a file of /proc; /proc/sys and /proc/irq are folders of ours already.
cp -a "$stage/proc/." "$layers/proc"
(cd "$layers/proc" && find . -path ./sys -prune -o -path ./irq -prune -o -type f -print) | while read -r file; do
  mount --bind "$layers/proc/$file" "proc/$file" || { echo "$name: this kernel has no /proc/${file#./} to lay over" >&2; exit 1; }
done
for folder in sys irq; do
  [ ! -d "$layers/proc/$folder" ] || cp -a "$layers/proc/$folder/." "proc/$folder"
done
(cd "$stage/net" && find . -type f) | while read -r file; do cat "$stage/net/$file" >"proc/sys/net/$file"; done

mkdir .machine
pivot_root . .machine
cd /
umount -l /.machine
rmdir /.machine
hostname "$name"

[ ! -e /etc/default/grub ] || [ -e /boot/grub/grub.cfg ] || ! command -v update-grub >/dev/null || update-grub >/dev/null 2>&1
: >/var/lib/lab/calls
chmod 0666 /var/lib/lab/calls

: >/var/log/sshd.log
/usr/sbin/sshd -E /var/log/sshd.log
until grep -q '^Server listening' /var/log/sshd.log; do sleep 0.01; done
echo "ready $pid"
cat >/dev/null
