import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { program } from '../contenders.mjs';
import { median } from '../measure.mjs';

const calls = {
  'node -e 0': ['-e', '0'],
  'perfplay --version': [program, '--version'],
  'perfplay validate playbooks/site.yml': [program, 'validate', 'playbooks/site.yml', '-i', 'inventories/staging.yml'],
};
const root = fileURLToPath(new URL('../..', import.meta.url));
const times = 10;

/** What people wait for before anything happens: the median seconds of ten calls each, in turns. `{call: seconds}` */
export const runStart = () => {
  const walls = Object.fromEntries(Object.keys(calls).map((call) => [call, []]));
  for (let round = 0; round < times; round++) {
    for (const [call, args] of Object.entries(calls)) {
      const begun = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
      walls[call].push((performance.now() - begun) / 1000);
      if (status !== 0) throw new Error(`${call} ended with ${status}: ${stderr}`);
    }
  }
  return Object.fromEntries(Object.entries(walls).map(([call, all]) => [call, median(all)]));
};
