import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { program } from '../contenders.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const labFolder = path.join(root, 'test/lab');
const traces = '/var/log/ask';

const hosts = [
  { name: 'compute', groups: ['kvm'], tree: ({ computeNode }) => computeNode() },
  { name: 'broker', groups: ['brokers'], tree: ({ brokerNode }) => brokerNode() },
  { name: 'large', groups: ['kvm'], tree: ({ largeNode }) => largeNode() },
];

/** The lab of the tests is TypeScript that looks for files beside itself. */
const loadLab = async (folder) => {
  const file = path.join(folder, 'lab.mjs');
  await build({
    stdin: {
      contents: "export * from './hosts.ts'; export * from './trees.ts'; export * from './large.ts';",
      resolveDir: labFolder,
    },
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    define: { 'import.meta.dirname': JSON.stringify(labFolder) },
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(import.meta.url)});`,
    },
    logLevel: 'error',
  });
  return import(pathToFileURL(file));
};

/** The process that is the shell, and those it forked: what a program does after its start is its own affair. */
const shellProcesses = (traces, pid, isForked = false) => {
  const [own, program] = isForked ? traces.get(pid).split(/^(?=execve\(.* = 0$)/m) : [traces.get(pid)];
  const children = [...own.matchAll(/^(?:clone3?|v?fork)\(.* = (\d+)$/gm)].map(([, child]) => child);
  return [
    { program: program && /"([^"]+)"/.exec(program)[1] },
    ...children.flatMap((child) => shellProcesses(traces, child, true)),
  ];
};

/** What one session of the shell cost, from strace's text of each of its processes; the shell's number is the lowest. */
const countsOf = (traces) => {
  const [pid, shell] = [...traces].sort(([left], [right]) => left - right)[0];
  const all = [...traces.values()].join('\n');
  const [input, output] = [/^read\((0<[^>]*>)/m, /^write\((1<[^>]*>)/m].map((first) => first.exec(shell)[1]);
  const bytes = (call, stream) =>
    [...all.matchAll(/^(\w+)\((\d+<[^>]*>).* = (\d+)$/gm)]
      .filter(([, name, on]) => name === call && on === stream)
      .reduce((sum, [, , , count]) => sum + Number(count), 0);
  const [, ...forked] = shellProcesses(traces, pid);
  return {
    forks: forked.length,
    programs: forked.flatMap(({ program }) => (program ? [path.basename(program)] : [])),
    received: bytes('read', input),
    sent: bytes('write', output),
    calls: all.split('\n').filter((line) => /^\w+\(/.test(line)).length,
  };
};

/**
 * What one observe ask of the full playbooks/site.yml costs a host of each kind: `{host, forks, programs, received, sent, calls}`: processes
 * that its shell forked, programs that these became, bytes of its standard input and output, system calls of all. The hosts are those of
 * test/lab, whose systemctl and grub are stand-ins.
 */
export const traceAsk = async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'perfplay-bench-lab-'));
  const { startLab, ...trees } = await loadLab(folder);
  const lab = await startLab(
    hosts.map(({ name, groups, tree }) => ({
      name,
      groups,
      login: { user: 'root' },
      tree: { ...tree(trees), [`${traces}/`]: '' },
      sshd: [`ForceCommand unset SSH_ORIGINAL_COMMAND; exec strace -ff -y -s 0 -o ${traces}/trace /bin/sh`],
    })),
  );
  try {
    const inventory = path.join(folder, 'inventory.yml');
    writeFileSync(inventory, lab.inventory());
    const variables = `@${path.join(root, 'inventories/group_vars/all.yml')}`;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [program, 'plan', path.join(root, 'playbooks/site.yml'), '-i', inventory, '-e', variables],
      { encoding: 'utf8', cwd: folder, env: { ...process.env, PERFPLAY_RUNS: path.join(folder, 'runs') } },
    );
    if (status !== 0) throw new Error(`the plan ended with ${status}:\n${stdout}${stderr}`);
    const rows = [];
    for (const host of lab.hosts) {
      const text = await host.sh(`cd ${traces} && for file in trace.*; do echo "== $file"; cat "$file"; done`);
      const files = [...text.matchAll(/^== trace\.(\d+)\n((?:(?!== ).*\n?)*)/gm)].map(([, pid, calls]) => [pid, calls]);
      rows.push({ host: host.name, ...countsOf(new Map(files)) });
    }
    return rows;
  } finally {
    await lab.stop();
    rmSync(folder, { recursive: true });
  }
};
