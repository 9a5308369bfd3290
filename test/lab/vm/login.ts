import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { quote } from '../../../src/connect/shell/quote.ts';
import type { Machine } from './launch.ts';

export interface Keys {
  readonly key: string;
  readonly knownHosts: string;
}

/** How long a guest may take to answer, on a machine that is busy with other suites: seconds. */
const patience = 900;
const bootIdFile = '/proc/sys/kernel/random/boot_id';

const optionsOf = ({ key, knownHosts }: Keys, port: number): readonly string[] =>
  [
    `IdentityFile=${key}`,
    'IdentitiesOnly=yes',
    `Port=${port}`,
    'BatchMode=yes',
    'ConnectTimeout=20',
    'ServerAliveInterval=10',
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
  ].flatMap((option) => ['-o', option]);

/** Runs a command of sh as root by the machine's own ssh: standard output without its last newline. Throws where it fails or takes longer than `seconds`. */
export const runner =
  (keys: Keys, machine: Pick<Machine, 'port'>, seconds = 300) =>
  async (command: string, ...args: readonly string[]): Promise<string> => {
    const line = ['sh', '-c', command, 'sh', ...args].map(quote).join(' ');
    const words = ['-F', 'none', ...optionsOf(keys, machine.port), 'root@127.0.0.1', line];
    const { stdout } = await execa('ssh', words, { stdin: 'ignore', timeout: seconds * 1000 });
    return stdout;
  };

/**
 * Waits until the guest runs a boot that is not `before` and has started all its units: the boot's id and what systemd says
 * of it (`running`, or `degraded` where a unit failed). Throws, with the end of the console, where it takes too long or the machine goes off.
 */
export const awaitBoot = async (
  keys: Keys,
  machine: Machine,
  before = '',
): Promise<{ readonly bootId: string; readonly state: string }> => {
  const deadline = Date.now() + patience * 1000;
  const probe = runner(keys, machine, 30);
  let last = 'no attempt';
  const off = machine.off.then((said) => Promise.reject(new Error(`the guest went off: ${said}`)));
  const attempt = async (): Promise<string | undefined> => {
    const bootId = await probe(`cat ${bootIdFile}`);
    return bootId === before ? undefined : bootId;
  };
  while (Date.now() < deadline) {
    try {
      const bootId = await Promise.race([attempt(), off]);
      if (bootId) {
        const state = await runner(keys, machine)('systemctl is-system-running --wait || true');
        return { bootId, state };
      }
      last = 'still the boot from before';
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
      if (last.startsWith('the guest went off')) break;
    }
    await sleep(1000);
  }
  const console = machine.serial().split('\n').slice(-20).join('\n');
  throw new Error(`the guest did not come up within ${patience} s: ${last}\n${console}`);
};
