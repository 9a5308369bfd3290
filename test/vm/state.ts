import type { Guest } from '../lab/vm/guest.ts';

/**
 * Everything in /etc, the boot menu and what stands beside it, and where perfplay keeps files of its own, but for its journal: name,
 * kind, mode, owner and link; then each file's name and checksum. One a line.
 */
const filesScript = `
  find /etc /boot/grub/grub.cfg -printf '%p %y %m %u:%g %l\\n'
  find /boot/grub /usr/local -mindepth 1 -maxdepth 2 -printf '%p %y\\n'
  if [ -d /var/lib/perfplay ]; then find /var/lib/perfplay -type f -not -path '*/journal/*' -printf '%p %y\\n'; fi
  find /etc /boot/grub/grub.cfg -type f -exec sha256sum {} + | sed 's/^\\([^ ]*\\)  \\(.*\\)/\\2 \\1/'`;

/** What the site's settings are in the running kernel, each with its file. */
const kernelScript = `
  grep -H . /proc/cmdline /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor /sys/kernel/mm/ksm/run \
    /sys/block/*/queue/scheduler /sys/block/*/queue/nomerges /proc/sys/vm/swappiness /proc/sys/fs/aio-max-nr \
    /sys/module/processor/parameters/max_cstate /sys/module/intel_idle/parameters/max_cstate \
    /sys/devices/system/cpu/cpu0/cpuidle/state*/name
  grep -o '^vhost_net' /proc/modules || true`;

const lines = (text: string): readonly string[] => text.split('\n').toSorted();

export const filesOf = async ({ sh }: Pick<Guest, 'sh'>): Promise<readonly string[]> => lines(await sh(filesScript));
export const kernelOf = async ({ sh }: Pick<Guest, 'sh'>): Promise<readonly string[]> => lines(await sh(kernelScript));

/** Names that are not in both, or not the same in both, of two answers of `filesOf`. */
export const changedIn = (before: readonly string[], after: readonly string[]): readonly string[] => {
  const different = [
    ...before.filter((line) => !after.includes(line)),
    ...after.filter((line) => !before.includes(line)),
  ];
  return [...new Set(different.map((line) => line.split(' ')[0]!))].toSorted();
};

/** Interrupts of a network card's queues by their name: the CPUs they may run on and those they do run on. */
export const interruptsOf = async (
  { sh }: Pick<Guest, 'sh'>,
  nic: string,
): Promise<ReadonlyMap<string, { readonly wanted: string; readonly effective: string }>> => {
  const text = await sh(
    `cd "$(readlink -f "/sys/class/net/$1/device/..")/msi_irqs" && for irq in *; do
       echo "$(cat "/sys/kernel/irq/$irq/actions") $(cat "/proc/irq/$irq/smp_affinity_list" "/proc/irq/$irq/effective_affinity_list" | tr '\\n' ' ')"
     done`,
    nic,
  );
  return new Map(
    text.split('\n').map((line) => {
      const [name = '', wanted = '', effective = ''] = line.trim().split(' ');
      return [name, { wanted, effective }];
    }),
  );
};
