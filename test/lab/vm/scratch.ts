import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Removes from `base` what is called `prefix`, a process id and anything more, where that process is no more. */
export const sweep = (base: string, prefix: string): void => {
  for (const name of readdirSync(base)) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (!Number.isNaN(pid) && !isAlive(pid)) rmSync(path.join(base, name), { recursive: true, force: true });
  }
};

/** A new folder of this process in `base`; those that killed processes left behind are removed first. */
export const makeScratch = (base: string, prefix: string): string => {
  sweep(base, prefix);
  return mkdtempSync(path.join(base, `${prefix}${process.pid}-`));
};
