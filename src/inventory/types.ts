import type { Position } from '../diagnostics.ts';

/** A YAML value as Ansible sees it: PyYAML's scalars, maps with their key order. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** A variable's value and where it was written, so that an error can point there. */
export interface Variable {
  readonly value: Value;
  readonly position: Position;
  /** Where it came from, lowest precedence first in `Host.candidates`: `group all`, `group_vars/kvm.yml`, `host`. */
  readonly origin: string;
}

/** How a host is reached; from `ansible_*` variables, already validated. Unset: decided by ssh_config, then by defaults. */
export interface ConnectionSettings {
  readonly connection: 'ssh' | 'openssh' | 'local';
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly privateKeyFile?: string;
  /** Words of ansible_ssh_common_args and ansible_ssh_extra_args. */
  readonly sshArguments: readonly string[];
  readonly knownHostsFile?: string;
  readonly become?: boolean;
  readonly becomeUser?: string;
  /** A secret: never logged. */
  readonly becomePassword?: string;
  readonly password?: string;
  /** A folder that stands for `/` on the target (variable `perfplay_root`): the lab, or a mounted image. */
  readonly root?: string;
  /** The program that writes attributes on a simulated host (variable `perfplay_write`). */
  readonly write?: string;
  /** Folders put first in PATH on a simulated host (variable `perfplay_path`). */
  readonly path?: string;
}

export interface Host {
  readonly name: string;
  /** Every group it is in, all and ungrouped left out, sorted by name, as Ansible's group_names. */
  readonly groups: readonly string[];
  /** The winners, by precedence. */
  readonly variables: ReadonlyMap<string, Variable>;
  readonly connection: ConnectionSettings;
}

export interface Group {
  readonly name: string;
  readonly children: readonly string[];
  /** Direct members. */
  readonly hosts: readonly string[];
}

export interface Inventory {
  /** As given on the command line. */
  readonly sources: readonly string[];
  /** In the order of their first appearance, as Ansible keeps it. */
  readonly hosts: ReadonlyMap<string, Host>;
  readonly groups: ReadonlyMap<string, Group>;
  /** `localhost` where the inventory has none: reached only by its own name, as in Ansible. */
  readonly implicit?: ReadonlyMap<string, Host>;
}
