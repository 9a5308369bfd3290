import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import grubMkconfig from './programs/grub-mkconfig.sh?raw';
import grubScriptCheck from './programs/grub-script-check.sh?raw';
import grubby from './programs/grubby.sh?raw';
import id from './programs/id.sh?raw';
import modinfo from './programs/modinfo.sh?raw';
import modprobe from './programs/modprobe.sh?raw';
import packages from './programs/package.sh?raw';
import systemctl from './programs/systemctl.sh?raw';
import detectVirt from './programs/systemd-detect-virt.sh?raw';
import udevadm from './programs/udevadm.sh?raw';
import uname from './programs/uname.sh?raw';
import updateGrub from './programs/update-grub.sh?raw';
import write from './programs/write.sh?raw';
import type { SimulatedHost } from './hosts.ts';
import { releases } from './releases.ts';

const everywhere: Readonly<Record<string, string>> = {
  id,
  modinfo,
  modprobe,
  systemctl,
  'systemd-detect-virt': detectVirt,
  udevadm,
  uname,
  write,
};
/** Of the Debian family, and of Red Hat's. */
const byBootLoader: Readonly<Record<'grub' | 'bls', Readonly<Record<string, string>>>> = {
  grub: {
    'grub-mkconfig': grubMkconfig,
    'grub-script-check': grubScriptCheck,
    'update-grub': updateGrub,
    'dpkg-query': packages,
    'apt-get': packages,
  },
  bls: { grubby, rpm: packages, dnf: packages },
};

/** Puts the programs that stand for a host's own into `folder`: the simulated kernel (`write`), systemctl, the boot loader's. */
export const installPrograms = async (host: SimulatedHost, folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries({ ...everywhere, ...byBootLoader[releases[host.release].boot] })) {
    const file = path.join(folder, name);
    await writeFile(file, text);
    await chmod(file, 0o755);
  }
};
