import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createCgroup } from './fleet/cgroup.mjs';

const samplePeriodMs = 50;

/** One figure of a process, in MiB; 0 where it has just ended. */
const memoryOf = (pid, file, name) => {
  try {
    return (
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1] ?? 0) /
      1024
    );
  } catch {
    return 0;
  }
};

/** The most that one of them ever had resident; or what all have now, pages that they share counted once, where that is more. */
const residentOf = (pids) => {
  const peaks = pids.map((pid) => memoryOf(pid, 'status', 'VmHWM'));
  const now = pids.length > 1 ? pids.map((pid) => memoryOf(pid, 'smaps_rollup', 'Pss')) : [];
  return Math.max(
    0,
    ...peaks,
    now.reduce((sum, one) => sum + one, 0),
  );
};

/**
 * Runs a program with all it starts: wall and CPU seconds, the most memory in MiB. What it leaves running is ended, outside the measured
 * time. Throws what it said where it ends with anything but 0.
 */
export const measure = async ({ argv, env = {}, cwd }) => {
  const cgroup = createCgroup('client');
  const [program, ...args] = cgroup.join(argv);
  const begun = performance.now();
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  let memory = 0;
  const sample = () => (memory = Math.max(memory, residentOf(cgroup.pids())));
  const sampling = setInterval(sample, samplePeriodMs);
  const exit = await new Promise((resolve, reject) => child.on('error', reject).on('exit', resolve));
  const wall = (performance.now() - begun) / 1000;
  clearInterval(sampling);
  const cpu = cgroup.cpu();
  await cgroup.end();
  cgroup.remove();
  if (exit !== 0) throw new Error(`${argv.join(' ')} ended with ${exit}:\n${said}`);
  return { wall, cpu, memory };
};

export const median = (numbers) => {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** The median of each figure of some measurements. */
export const medians = (measurements) =>
  Object.fromEntries(Object.keys(measurements[0]).map((name) => [name, median(measurements.map((one) => one[name]))]));
