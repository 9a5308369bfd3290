import type { BootSpec } from './boot.ts';
import type { Tree } from './tree.ts';

export interface Login {
  /** Not root: a user of uid 1000. `root`: root, who needs no sudo. */
  readonly user: string;
  /** What sudoers says of the user; `tty`: without a password, but only from a terminal (requiretty). */
  readonly sudo: 'none' | 'nopasswd' | 'password' | 'tty';
  /** What the login shell's start-up file does: nothing; prints to both streams and defines a `sudo` of its own; leaves with exit 0. */
  readonly profile: 'quiet' | 'noisy' | 'exits';
  /** bash, csh and fish read a start-up file in an ssh session, sh does not. */
  readonly loginShell: 'sh' | 'bash' | 'csh' | 'fish';
}

/** A process with a command line of its own choice: a stand-in for QEMU. */
export interface ProcessSpec {
  /** argv[0]; its first 15 characters are the process's comm. */
  readonly name: string;
  readonly args: readonly string[];
}

export interface HostSpec {
  readonly name: string;
  /** What `/bin/sh` is. Default dash. */
  readonly shell?: 'dash' | 'bash' | 'busybox' | 'mksh';
  /** `busybox`: cat, ls, dd and their like are busybox's, too. Default gnu. */
  readonly userland?: 'gnu' | 'busybox';
  /** Default: operator, nopasswd, quiet, sh. */
  readonly login?: Partial<Login>;
  /** Default 22: each host has its own address. */
  readonly port?: number;
  /** What known_hosts says of this host. Default known. */
  readonly hostKey?: 'known' | 'changed' | 'unknown';
  readonly groups?: readonly string[];
  /** Host variables of the inventory. */
  readonly vars?: Readonly<Record<string, unknown>>;
  /** Laid over the machine's files. Default: a host without any tunables. */
  readonly tree?: Tree;
  readonly processes?: readonly ProcessSpec[];
  /** More lines of sshd_config: `MaxSessions 1`. */
  readonly sshd?: readonly string[];
  /** What `systemctl reboot` does here. */
  readonly boot?: BootSpec;
}

/** An address where no sshd answers: connection refused, no answer at all, or no route to the host. */
export interface DownSpec {
  readonly name: string;
  readonly down: 'refused' | 'silent' | 'unroutable';
  readonly groups?: readonly string[];
}

export const defaultLogin: Login = { user: 'operator', sudo: 'nopasswd', profile: 'quiet', loginShell: 'sh' };

export const loginOf = (spec: HostSpec): Login => {
  const login = { ...defaultLogin, ...spec.login };
  return login.profile === 'quiet' || spec.login?.loginShell ? login : { ...login, loginShell: 'bash' };
};

/** The password of every login user, for sudo and for ssh: with the characters that quoting gets wrong. */
export const labPassword = "lab's $ecret";
