import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case, Goal } from './cases.ts';

/** What ssh makes of the key that it is shown. */
export interface SshAnswer {
  readonly verdict: 'known' | 'unknown' | 'changed' | 'revoked';
  /** The fingerprint of that key. */
  readonly shown: string;
  /** `FILE:LINE` of the key that ssh holds against it. */
  readonly against?: string;
}

/** An sshd for one connection on its standard input and output: no port, no resolver, no limit on connections. */
export const sshdCommand = (folder: string, name: string, hostKeyFiles: readonly string[]): string => {
  const config = join(folder, `sshd_config_${name}`);
  const words = [
    ...hostKeyFiles.map((file) => `HostKey ${file}`),
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
  ];
  writeFileSync(config, words.map((line) => `${line}\n`).join(''));
  return `/usr/sbin/sshd -i -e -f ${config}`;
};

/** Writes the files of a case; they are read as bytes, so each character stands for itself in UTF-8. */
export const writeFiles = (folder: string, index: number, { files }: Case): readonly string[] =>
  files.map((text, file) => {
    const path = join(folder, `known_hosts_${index}_${file}`);
    writeFileSync(path, text);
    return path;
  });

/** ssh_config options that both ssh and perfplay are given. */
export const sshOptions = (
  { port, alias }: Goal,
  files: readonly string[],
  proxyCommand: string,
): readonly string[] => [
  `Port=${port}`,
  `UserKnownHostsFile=${files.slice(0, 2).join(' ')}`,
  `GlobalKnownHostsFile=${files[2]}`,
  `ProxyCommand=${proxyCommand}`,
  ...(alias === undefined ? [] : [`HostKeyAlias=${alias}`]),
];

const verdicts: readonly (readonly [SshAnswer['verdict'], RegExp])[] = [
  ['revoked', /is marked as revoked/],
  ['changed', /REMOTE HOST IDENTIFICATION HAS CHANGED/],
  ['unknown', /No \S+ host key is known for/],
  ['known', /Permission denied \(publickey\)/],
];

/** Asks the ssh program; nobody is logged in, as it has no key to show. Throws where its answer is not understood. */
export const askSsh = (goal: Goal, options: readonly string[]): Promise<SshAnswer> => {
  const own = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'IdentityAgent=none',
    'IdentityFile=none',
    'KexAlgorithms=curve25519-sha256',
  ];
  const words = ['-v', '-F', 'none', ...[...own, ...options].flatMap((option) => ['-o', option])];
  return new Promise((resolve, reject) => {
    const done = (_: unknown, __: string, said: string) => {
      const verdict = verdicts.find(([, pattern]) => pattern.test(said))?.[0];
      const shown = /Server host key: \S+ (\S+)/.exec(said)?.[1];
      const against = /Offending \S+ key in (.*:\d+)/.exec(said)?.[1];
      if (verdict === undefined || shown === undefined) reject(new Error(`ssh was not understood:\n${said}`));
      else resolve({ verdict, shown, ...(verdict === 'changed' && against !== undefined && { against }) });
    };
    const env = { ...process.env, SHELL: '/bin/sh', LC_ALL: 'C' };
    execFile('ssh', [...words, '--', `root@${goal.host}`, 'true'], { env, timeout: 15_000 }, done);
  });
};
