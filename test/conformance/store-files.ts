import type { StoreName } from '../../src/contract/steps.ts';

/** How a store's own file looks to somebody who edits it: written from the manual pages, not from the engine's code. */
interface StoreFile {
  readonly path: string;
  /** Whether a line of it is the one about NAME. */
  readonly isAbout: (line: string, name: string) => boolean;
}

const lastPart = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

export const storeFiles: Readonly<Record<Exclude<StoreName, 'kernel-arg'>, StoreFile>> = {
  'sysctl.d': {
    path: '/etc/sysctl.d/zz-perfplay.conf',
    isAbout: (line, name) => line.split(/\s*=/)[0] === name,
  },
  'tmpfiles.d': {
    path: '/etc/tmpfiles.d/zz-perfplay.conf',
    isAbout: (line, name) => line.split(/\s+/)[1] === name,
  },
  udev: {
    path: '/etc/udev/rules.d/99-perfplay.rules',
    isAbout: (line, name) => line.includes(`KERNEL=="${name.split('/')[1]}"`) && line.includes(`/${lastPart(name)}}="`),
  },
  'modules-load.d': {
    path: '/etc/modules-load.d/perfplay.conf',
    isAbout: (line, name) => line === name,
  },
  'modprobe.d': {
    path: '/etc/modprobe.d/zz-perfplay.conf',
    isAbout: (line, name) => line === name || line.startsWith(`${name}=`) || line.startsWith(`${name} `),
  },
  'boot.tab': {
    path: '/etc/perfplay/boot.tab',
    isAbout: (line, name) => line.startsWith(`${name} `),
  },
};

/** What perfplay leaves behind on purpose: the journal of what it did. */
export const remains = /^\/var\/lib\/perfplay(\/journal(\/|$)|$)/;
