/** Distributions of the lab. */
export type Release = 'ubuntu' | 'debian' | 'rocky';

export interface ReleaseFiles {
  readonly kernel: string;
  readonly osRelease: string;
  /** `grub`: grub-mkconfig renders every entry; `bls`: one file an entry, edited by grubby. */
  readonly boot: 'grub' | 'bls';
  readonly kernelImage: string;
  readonly initrd: string;
  /** Kernel arguments of a fresh installation. */
  readonly arguments: string;
}

const debianLike = (kernel: string): Pick<ReleaseFiles, 'kernel' | 'boot' | 'kernelImage' | 'initrd'> => ({
  kernel,
  boot: 'grub',
  kernelImage: `/boot/vmlinuz-${kernel}`,
  initrd: `/boot/initrd.img-${kernel}`,
});

export const releases: Readonly<Record<Release, ReleaseFiles>> = {
  ubuntu: {
    ...debianLike('5.15.0-126-generic'),
    osRelease:
      'PRETTY_NAME="Ubuntu 22.04.5 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\n',
    arguments: 'quiet splash',
  },
  debian: {
    ...debianLike('6.1.0-28-amd64'),
    osRelease:
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n',
    arguments: 'quiet',
  },
  rocky: {
    kernel: '5.14.0-503.14.1.el9_5.x86_64',
    boot: 'bls',
    kernelImage: '/boot/vmlinuz-5.14.0-503.14.1.el9_5.x86_64',
    initrd: '/boot/initramfs-5.14.0-503.14.1.el9_5.x86_64.img',
    osRelease:
      'NAME="Rocky Linux"\nVERSION="9.5 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.5"\nPRETTY_NAME="Rocky Linux 9.5 (Blue Onyx)"\n',
    arguments: 'crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M',
  },
};
