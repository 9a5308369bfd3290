import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { within } from './deadline.ts';
import { operator } from './guest-files.ts';
import { knownAs, type Image } from './image.ts';
import { launch } from './launch.ts';
import { awaitBoot, runner, type Keys } from './login.ts';
import { pstateFile } from './machine.ts';

export interface GuestOptions {
  /** In the inventory. Default guest. */
  readonly name?: string;
  readonly groups?: readonly string[];
  /** Host variables of the inventory. */
  readonly vars?: Readonly<Record<string, unknown>>;
}

export interface Guest extends Keys {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Seconds from power-on until all units had started. */
  readonly bootSeconds: number;
  /** The text of an Ansible YAML inventory of this host alone. */
  readonly inventory: () => string;
  /** Runs a command of sh as root, past perfplay: its standard output without the last newline. Throws where it fails. */
  readonly sh: (command: string, ...args: readonly string[]) => Promise<string>;
  /** Resolves when the next boot has started all its units: what systemd says of it (`running` or `degraded`), and the seconds it took. */
  readonly reboot: () => Promise<{ readonly state: string; readonly seconds: number }>;
  /** Presses the reset button, with no word to the guest: resolves as `reboot` does. */
  readonly reset: () => Promise<{ readonly state: string; readonly seconds: number }>;
  /** What the guest's kernel asked of a CPU since power-on: P-states, 0 the fastest. */
  readonly pstates: (cpu: number) => readonly number[];
  /** What the guest wrote to its serial console since power-on. */
  readonly serial: () => string;
  /** Presses the power button: resolves when the guest has shut down. */
  readonly powerOff: () => Promise<void>;
  /** Pulls the plug; what the guest wrote is gone. */
  readonly stop: () => Promise<void>;
}

const address = '127.0.0.1';

/**
 * Boots a guest from the image, with a layer of its own for what it writes. Resolves when all its units have started.
 * Throws, with nothing left behind, where it does not come up. Everything ends with `stop`, and with this process, however that dies.
 */
export const startGuest = async (image: Image, options: GuestOptions = {}): Promise<Guest> => {
  const { name = 'guest', groups = [], vars = {} } = options;
  const started = Date.now();
  const since = (moment: number): number => Math.round((Date.now() - moment) / 1000);
  const machine = await launch(image);
  const keys: Keys = { key: image.key, knownHosts: path.join(machine.folder, 'known_hosts') };
  appendFileSync(keys.knownHosts, knownAs(`[${address}]:${machine.port}`, image.hostKeys));
  let boot = await awaitBoot(keys, machine).catch(async (error: unknown) => {
    await machine.stop();
    throw error;
  });
  const sh = runner(keys, machine);
  const bootedBy = async (work: Promise<unknown>): Promise<{ readonly state: string; readonly seconds: number }> => {
    const moment = Date.now();
    await work;
    boot = await awaitBoot(keys, machine, boot.bootId);
    return { state: boot.state, seconds: since(moment) };
  };
  return {
    ...keys,
    name,
    address,
    port: machine.port,
    user: operator,
    bootSeconds: since(started),
    inventory: () => {
      const variables = {
        ansible_host: address,
        ansible_port: machine.port,
        ansible_user: operator,
        ansible_ssh_private_key_file: keys.key,
        ansible_ssh_common_args: `-o UserKnownHostsFile=${keys.knownHosts} -o GlobalKnownHostsFile=/dev/null`,
        ...vars,
      };
      const children = Object.fromEntries(groups.map((group) => [group, { hosts: { [name]: null } }]));
      return stringify({ all: { hosts: { [name]: variables }, children } });
    },
    sh,
    // The connection may be closed before the answer.
    reboot: () => bootedBy(sh('systemctl reboot').catch(() => undefined)),
    reset: () => bootedBy(machine.control('system_reset')),
    pstates: (cpu) => [...readFileSync(pstateFile(machine.folder, cpu))],
    serial: machine.serial,
    powerOff: async () => {
      await machine.control('system_powerdown');
      await within(300, 'the guest did not shut down', machine.off);
    },
    stop: machine.stop,
  };
};
