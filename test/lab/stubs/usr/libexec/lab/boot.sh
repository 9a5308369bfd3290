#!/bin/sh
# A boot as the network sees it: sshd goes, boot id and kernel line become those of the next boot, sshd returns. /var/lib/lab/boot says how.
. /var/lib/lab/boot
sleep "$lingers"
echo >>/var/lib/lab/boots
route=$(ip route show default)
[ "$meanwhile" != silent ] || ip route replace blackhole default
# All that has a session here goes, but this one: what came from outside, and process 1, have none.
for process in /proc/[0-9]*; do
  { read -r stat <"$process/stat"; } 2>/dev/null && set -- ${stat##*) } || continue
  case $4 in 0 | "$$") ;; *) kill -9 "${process#/proc/}" 2>/dev/null ;; esac
done
[ -n "$returns" ] || exit

if [ -z "$old_kernel_line" ]; then
  if [ -f /boot/grub/grub.cfg ]; then
    line=$(sed -n 's/^[[:space:]]*linux[[:space:]]*//p' /boot/grub/grub.cfg | head -n 1)
  else
    entry=/boot/loader/entries/$(sed -n 's/^saved_entry=//p' /boot/grub2/grubenv).conf
    line="$(sed -n 's/^linux //p' "$entry") $(sed -n 's/^options //p' "$entry")"
  fi
  echo "BOOT_IMAGE=$line" | tr -s ' ' >/proc/cmdline
fi
# Modules take what the line says, or what they had without it.
for value in /var/lib/lab/parameters/*; do
  [ ! -f "$value" ] || { name=${value##*/} && cat "$value" >"/sys/module/${name%%.*}/parameters/${name#*.}"; }
done
for word in $(cat /proc/cmdline); do
  name=${word%%=*} parameter=/sys/module/${word%%.*}/parameters/${name#*.}
  case $word in */*) continue ;; *.*=*) [ -f "$parameter" ] || continue ;; *) continue ;; esac
  mkdir -p /var/lib/lab/parameters
  [ -f "/var/lib/lab/parameters/$name" ] || cp "$parameter" "/var/lib/lab/parameters/$name"
  echo "${word#*=}" >"$parameter"
done
# So does intel_idle: deeper states are not there.
deepest=$(sed -n 's/.*intel_idle\.max_cstate=\([0-9]*\).*/\1/p' /proc/cmdline)
for states in /sys/devices/system/cpu/cpu*/cpuidle; do
  hidden=/var/lib/lab/idle$states
  mkdir -p "$hidden"
  mv "$hidden"/* "$states" 2>/dev/null
  for depth in "$states"/state*; do
    [ "${depth##*state}" -le "${deepest:-9}" ] || mv "$depth" "$hidden"
  done
done
od -An -tx1 -N16 /dev/urandom | tr -d ' \n' |
  sed 's/^\(.\{8\}\)\(.\{4\}\)\(.\{4\}\)\(.\{4\}\)/\1-\2-\3-\4-/; s/$/\n/' >/proc/sys/kernel/random/boot_id
echo starting >/run/lab/system

listener=''
if [ "$meanwhile" = hangs ]; then
  port=$(sed -n 's/^Port //p' /etc/ssh/sshd_config)
  perl -MIO::Socket::INET -e '$port = IO::Socket::INET->new(LocalPort => shift, Listen => 64, ReuseAddr => 1) or die; sleep' "$port" &
  listener=$!
fi
sleep "$down"
[ -z "$listener" ] || { kill "$listener" && wait "$listener"; }
# In words: destination, via, gateway, dev, interface.
[ "$meanwhile" != silent ] || ip route replace $route
if [ -n "$new_host_key" ]; then
  rm -f /etc/ssh/lab_host_key
  ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/lab_host_key
fi
/usr/sbin/sshd -E /var/log/sshd.log
rmdir /run/lab/going-down
sleep "$starting"
echo "$state" >/run/lab/system
