// What a fresh clone needs before anything of it can run: plain Node, as there is no node_modules yet.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const changed = (name) => statSync(path.join(root, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
const step = (program, args) => spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status === 0;

/** npm writes node_modules/.package-lock.json when an installation is complete. */
const installed = () => changed('node_modules/.package-lock.json') >= changed('package-lock.json');

/** Installs what package-lock.json names and builds; gives what went wrong, or undefined. */
export const setUp = () => {
  if (!installed() && !step('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'])) return 'npm ci failed';
  if (!step(process.execPath, [path.join('src', 'build.mjs')])) return 'src/build.mjs failed';
  return undefined;
};
