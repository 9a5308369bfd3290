// `node bench/inventory.mjs`, after a build: what an inventory of 20,000 hosts costs, in every form it can be written in.
// Ends with 1 where an answer is wrong, takes 3 s or more, or needs 500 MB or more.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/perfplay.cjs', import.meta.url));
const limits = { seconds: 3, megabytes: 500 };
const runs = 3;

const racks = Array.from({ length: 500 }, (_, rack) => `rack${String(rack).padStart(3, '0')}`);
const hosts = racks.flatMap((rack, index) =>
  Array.from({ length: 40 }, (_, unit) => ({
    rack,
    name: `${rack}-node${String(unit).padStart(2, '0')}.example.com`,
    // One to three variables, as `name, value`.
    variables: [
      ['ansible_host', `10.${index >> 8}.${index & 255}.${unit + 1}`],
      ['role', 'kvm'],
      ['max_cstate', unit % 9],
    ].slice(0, (unit % 3) + 1),
  })),
);
const hostsOf = (rack) => hosts.filter((host) => host.rack === rack);

const groupsInYaml = (hostsInYaml) =>
  [
    'all:',
    '  vars: {ansible_user: root, governor: performance}',
    '  children:',
    ...racks.flatMap((rack) => [`    ${rack}:`, '      hosts:', ...hostsInYaml(rack)]),
  ].join('\n');
const groupsInIni = (hostsInIni) =>
  ['[all:vars]', 'governor=performance', ...racks.flatMap((rack) => [`[${rack}]`, ...hostsInIni(rack)])].join('\n');

const forms = {
  'listed.yml': groupsInYaml((rack) =>
    hostsOf(rack).flatMap(({ name, variables }) => [
      `        ${name}:`,
      ...variables.map(([variable, value]) => `          ${variable}: ${value}`),
    ]),
  ),
  'listed-flow.yml': groupsInYaml((rack) =>
    hostsOf(rack).map(
      ({ name, variables }) =>
        `        ${name}: {${variables.map(([variable, value]) => `${variable}: "${value}"`).join(', ')}}`,
    ),
  ),
  'ranges.yml': groupsInYaml((rack) => [
    `        ${rack}-node[00:39].example.com:`,
    '          role: kvm',
    '          max_cstate: 1',
  ]),
  'listed.ini': groupsInIni((rack) =>
    hostsOf(rack).map(
      ({ name, variables }) => `${name} ${variables.map(([variable, value]) => `${variable}=${value}`).join(' ')}`,
    ),
  ),
  'ranges.ini': groupsInIni((rack) => [`${rack}-node[00:39].example.com role=kvm max_cstate=1`]),
};

/** The program tells on descriptor 3 what it used. */
const probe = `data:text/javascript,${encodeURIComponent(
  "import { writeSync } from 'node:fs'; process.on('exit', () => writeSync(3, JSON.stringify(process.resourceUsage())));",
)}`;
const expected = hosts.map(({ name }) => `${name}\n`).join('');

const measure = (file) => {
  const begun = performance.now();
  const { stdout, output, status } = spawnSync(
    process.execPath,
    ['--import', probe, program, 'inventory', '-i', file, '--list-hosts', 'all'],
    { encoding: 'utf8', maxBuffer: 1e9, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] },
  );
  const seconds = (performance.now() - begun) / 1000;
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(output[3]);
  const isRight = status === 0 && stdout === expected;
  return { seconds, cpu: (userCPUTime + systemCPUTime) / 1e6, megabytes: maxRSS / 1024, isRight };
};

const say = (line) => process.stdout.write(`${line}\n`);
const folder = mkdtempSync(path.join(tmpdir(), 'perfplay-bench-'));
let isGood = true;
try {
  say(`${hosts.length} hosts, --list-hosts all; the best of ${runs} runs, since other work disturbs`);
  for (const [name, text] of Object.entries(forms)) {
    const file = path.join(folder, name);
    writeFileSync(file, `${text}\n`);
    const results = Array.from({ length: runs }, () => measure(file));
    const best = (key) => Math.min(...results.map((result) => result[key]));
    const isRight = results.every((result) => result.isRight);
    const isWithin = best('seconds') < limits.seconds && best('megabytes') < limits.megabytes;
    if (!isRight || !isWithin) isGood = false;
    say(
      `${name.padEnd(16)} ${best('seconds').toFixed(2)} s  ${best('cpu').toFixed(2)} s CPU  ` +
        `${best('megabytes').toFixed(0)} MB  ${isRight ? (isWithin ? 'ok' : 'TOO MUCH') : 'WRONG ANSWER'}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = isGood ? 0 : 1;
