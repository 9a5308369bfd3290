// `npm start`: the main job, shown on the embedded lab. Installs and builds first; contacts nothing but loopback.
import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { root, setUp } from './setup.mjs';

const program = path.join(root, 'dist', 'perfplay.cjs');
const site = ['playbooks/site.yml', '-i', 'inventories/lab.yml'];

const say = (text) => process.stdout.write(`\n${text}\n`);

let interrupted = false;
// Ctrl-C reaches perfplay as well; here it must not keep the lab from being stopped. Nor must a reader that goes away (`| head`).
process.on('SIGINT', () => {
  interrupted = true;
});
process.stdout.on('error', () => undefined);

const call = (words, stdio = 'inherit') =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...words], { cwd: root, stdio: ['inherit', stdio, stdio] });
    let said = '';
    child.stdout?.on('data', (chunk) => {
      said += chunk;
    });
    child.on('close', (status, signal) => resolve({ status, signal, said }));
  });

/** Runs perfplay as a person would; an exit code other than the expected one ends the show. */
const perfplay = async (words, expected = 0) => {
  process.stdout.write(`$ perfplay ${words.join(' ')}\n`);
  const { status, signal } = await call(words);
  if (interrupted) throw new Error('interrupted');
  if (status !== expected)
    throw new Error(`perfplay ${words[0]} ended with ${signal ?? `exit code ${status}`}, not ${expected}`);
};

const problem = setUp();
if (problem) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

let exit = 0;
try {
  const { said } = await call(['lab', 'down'], 'pipe');
  if (said === 'the lab is down\n') say('The lab that was up here is stopped: this one begins with hosts made anew.');
  say('A lab of SIMULATED hosts on loopback: compute nodes and brokers as they come from a distribution.');
  await perfplay(['lab', 'up']);
  say('The playbook makes them converge. kvm04 is down, so exit code 4 (a host was unreachable) is expected.');
  await perfplay(['run', ...site], 4);
  say('Again: nothing changes. Exit code 4 still, for kvm04.');
  await perfplay(['run', ...site], 4);
  say('Somebody changes one value by hand ...');
  await perfplay(['lab', 'drift', 'kvm01']);
  say('... and the plan names that one (-l leaves kvm04 out).');
  await perfplay(['plan', ...site, '-l', 'kvm01']);
  say('kvm02 reboots: what was pending becomes effective, and all the rest is still there.');
  await perfplay(['lab', 'reboot', 'kvm02']);
  await perfplay(['run', ...site, '-l', 'kvm02', '--fail-on-pending', '--expect-no-changes']);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  exit = interrupted ? 130 : 1;
} finally {
  process.stdout.write('$ perfplay lab down\n');
  await call(['lab', 'down']);
}
process.exit(exit);
