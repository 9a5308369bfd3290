// `npm start`: the main job, shown on the embedded lab. Installs and builds first; contacts nothing but loopback.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { root, setUp } from './setup.mjs';

const program = path.join(root, 'dist', 'perfplay.mjs');
const site = ['playbooks/site.yml', '-i', 'inventories/lab.yml'];

const say = (text) => process.stdout.write(`\n${text}\n`);

/** Runs perfplay as a person would; an exit code other than the expected one ends the show. */
const perfplay = (words, expected = 0) => {
  process.stdout.write(`$ perfplay ${words.join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [program, ...words], { cwd: root, stdio: 'inherit' });
  if (status !== expected) throw new Error(`perfplay ${words[0]} ended with exit code ${status}, not ${expected}`);
};

const problem = setUp();
if (problem) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

let exit = 0;
try {
  spawnSync(process.execPath, [program, 'lab', 'down'], { cwd: root, stdio: 'ignore' });
  say('A lab of SIMULATED hosts on loopback: compute nodes and brokers as they come from a distribution.');
  perfplay(['lab', 'up']);
  say('The playbook makes them converge. kvm04 is down, so exit code 4 (a host was unreachable) is expected.');
  perfplay(['run', ...site], 4);
  say('Again: nothing changes. Exit code 4 still, for kvm04.');
  perfplay(['run', ...site], 4);
  say('Somebody changes one value by hand ...');
  perfplay(['lab', 'drift', 'kvm01']);
  say('... and the plan names that one (-l leaves kvm04 out).');
  perfplay(['plan', ...site, '-l', 'kvm01']);
  say('kvm02 reboots: what was pending becomes effective, and all the rest is still there.');
  perfplay(['lab', 'reboot', 'kvm02']);
  perfplay(['run', ...site, '-l', 'kvm02', '--fail-on-pending', '--expect-no-changes']);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  exit = 1;
} finally {
  perfplay(['lab', 'down']);
}
process.exit(exit);
