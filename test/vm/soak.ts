import type { Guest } from '../lab/vm/guest.ts';

/** udev hears of every device again and again. */
const disturb = `
  while :; do udevadm trigger --settle; sleep 5; done >/dev/null 2>&1 &
  echo $!`;

/** One plan after the other for so many seconds, while udev, irqbalance and the network are at work. Prints one line of what it was. */
export const soak = async (
  guest: Pick<Guest, 'sh'>,
  seconds: number,
  plan: () => Promise<readonly string[]>,
): Promise<{ readonly plans: number; readonly changed: readonly string[] }> => {
  const started = Date.now();
  const over = (): boolean => Date.now() - started > seconds * 1000;
  const events = async (): Promise<number> => Number(await guest.sh('cat /sys/kernel/uevent_seqnum'));
  const first = await events();
  const pid = await guest.sh(disturb);
  let megabytes = 0;
  const traffic = async (): Promise<void> => {
    while (!over()) megabytes += (await guest.sh('head -c 1000000 /dev/zero | tr "\\\\0" x')).length / 1e6;
  };
  const changed: string[] = [];
  let plans = 0;
  const planning = async (): Promise<void> => {
    while (!over()) {
      changed.push(...(await plan()));
      plans += 1;
    }
  };
  try {
    await Promise.all([traffic(), planning()]);
  } finally {
    await guest.sh(`kill ${pid}`);
  }
  const raised = (await events()) - first;
  process.stderr.write(
    `soak: ${plans} plans in ${Math.round((Date.now() - started) / 1000)} s, ${raised} events of udev, ${Math.round(megabytes)} MB over the network\n`,
  );
  return { plans, changed };
};
