/** A thing that is wrong with a host where its boot menu is to be made anew. */
export interface Fault {
  readonly name: string;
  /** Text for sh as root. */
  readonly make: string;
  readonly undo: string;
  /** What a run must say. */
  readonly says: RegExp;
}

const script = (path: string, lines: string): string =>
  `printf '%s\n' '#!/bin/sh' ${lines} >${path} && chmod 755 ${path}`;

/** Takes all room that root may take, without writing it. */
const fill = `tune2fs -r 0 /dev/vda1 >/dev/null && mkdir -p /root/fill && fallocate -l 49152 /root/spare && n=0
for size in 1073741824 268435456 67108864 16777216 4194304 1048576 262144 65536 16384 4096; do
  while fallocate -l $size /root/fill/$n 2>/dev/null; do n=$((n + 1)); done
  rm -f /root/fill/$n
done`;
const empty = 'rm -rf /root/fill /root/spare && sync';

const stands = String.raw`; /boot/grub/grub\.cfg is the old one`;

/** What stands on the disk: the host is booted with all of these at once. */
export const standing: readonly Fault[] = [
  {
    name: 'a script of grub.d that fails',
    make: script('/etc/grub.d/99_fails', "'exit 3'"),
    undo: 'rm /etc/grub.d/99_fails',
    says: new RegExp(String.raw`grub-mkconfig: exit code \d+ \(mend /etc/grub\.d/99_fails\)${stands}`),
  },
  {
    name: 'a script of grub.d that writes what GRUB cannot read',
    make: script('/etc/grub.d/98_syntax', `"echo 'menuentry lab {'"`),
    undo: 'rm /etc/grub.d/98_syntax',
    says: new RegExp(String.raw`grub-mkconfig: .*[Ss]yntax error.* \(mend /etc/grub\.d/98_syntax\)${stands}`),
  },
  {
    name: "somebody else's drop-in that is no shell",
    make: `printf '%s\n' 'GRUB_TIMEOUT="1' >/etc/default/grub.d/lab.cfg`,
    undo: 'rm /etc/default/grub.d/lab.cfg',
    says: new RegExp(
      String.raw`grub-mkconfig: .*/etc/default/grub\.d/lab\.cfg: .*[Uu]nterminated quoted string${stands}`,
    ),
  },
  {
    name: "somebody else's drop-in that comes later, as cloud images have it",
    make: `printf '%s\n' 'GRUB_CMDLINE_LINUX_DEFAULT="console=ttyS0"' >/etc/default/grub.d/zzz-cloud.cfg`,
    undo: 'rm /etc/default/grub.d/zzz-cloud.cfg',
    says: new RegExp(
      String.raw`does not hold lab\.setting=2 in every normal entry: a later file of grub\.d undoes it: /etc/default/grub\.d/zzz-cloud\.cfg${stands}`,
    ),
  },
  {
    name: 'a /boot that is read-only',
    make: `echo '/boot /boot none bind,ro 0 0' >>/etc/fstab && systemctl daemon-reload && mount /boot && mount -o remount,bind,ro /boot`,
    undo: `umount /boot && sed -i '/^.boot /d' /etc/fstab && systemctl daemon-reload`,
    says: new RegExp(String.raw`/boot/grub cannot be written: .*Read-only file system${stands}`),
  },
];

export const full: readonly Fault[] = [
  {
    name: 'a disk with room for the drop-in, and none for the menu',
    make: `${fill}\nrm /root/spare`,
    undo: empty,
    says: new RegExp(String.raw`/boot/grub: too little space left: \d+ kB, a new grub\.cfg needs \d+${stands}`),
  },
  {
    name: 'a full disk',
    make: fill,
    undo: empty,
    says: /the journal cannot be written, so nothing was changed: .*No space left on device/,
  },
];
