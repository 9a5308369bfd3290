import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { labsAt } from '../../src/commands/running-labs.ts';
import { facts as factsRead } from '../../src/contract/facts.ts';
import { decodeAll } from '../../src/contract/reads.ts';
import { snapshotFromData, type SnapshotData } from '../../src/contract/snapshot.ts';
import { labReboot } from '../../src/lab/index.ts';
import type { Event } from '../../src/report/events.ts';
import { checkout, createFolder, startLab, type Folder, type FolderLab } from './fixture.ts';

// Every command on a lab of simulated hosts of its own: kvm04 is down, rp03 is as the playbook wants it.

let folder: Folder;
let lab: FolderLab;
beforeAll(async () => {
  folder = createFolder();
  lab = await startLab(folder);
});
afterAll(async () => {
  await lab.down();
  folder.remove();
});

const inventory = ['-i', 'inventories/lab.yml'];
const site = ['playbooks/site.yml', ...inventory];
const hasScript = existsSync('/usr/bin/script');
const atTerminal = (name: string): string => (hasScript ? name : `${name} (skipped: needs script(1) for a terminal)`);

describe('a run', () => {
  it('looks as the README shows it', async () => {
    const { exitCode, stdout } = await folder.perfplay('run', ...site, '-t', 'cpu,disk');
    expect(exitCode).toBe(4);
    const readme = readFileSync(path.join(checkout, 'README.md'), 'utf8');
    const [, shown = ''] = /```\n\$ perfplay run \S+ -i \S+ -t cpu,disk\n([^]*?)```/.exec(readme) ?? [];
    const lines = shown.split('\n').filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(10);
    const real = stdout.replaceAll(String(lab.port(2404)), '2404').split('\n');
    // How long it took is this machine's.
    const timeless = (line: string): string => line.replace(/ \d\d:\d\d /, ' 00:00 ');
    expect(real.map(timeless)).toEqual(expect.arrayContaining(lines.map(timeless)));
  });

  it('is one JSON document, or one value a line, and nothing else on standard output', async () => {
    const json = await folder.perfplay('plan', ...site, '--output', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({ command: 'plan', simulated: true, exit: 4 });
    const jsonl = await folder.perfplay('plan', ...site, '--output', 'jsonl');
    const events = jsonl.stdout.split('\n').map((line) => JSON.parse(line) as { type: string });
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(['run-started', 'run-ended']);
    expect([json.stderr, jsonl.stderr]).toEqual(['', '']);
  });

  it('goes on when its reader goes away', async () => {
    const { stdout, stderr } = await folder.sh(`{ perfplay plan ${site.join(' ')}; echo $? >&2; } | head -1`);
    expect(stdout).toBe('perfplay plan site.yml  lab (SIMULATED)  7 hosts');
    expect(stderr).toBe('4');
  });

  it('ends after what hosts are doing when it is interrupted, and says what is left', async () => {
    const child = folder.start(['run', ...site, '--output', 'jsonl']);
    let interrupted = false;
    child.stdout.on('data', (chunk: Buffer) => {
      if (interrupted || !String(chunk).includes('"stage":"apply"')) return;
      interrupted = true;
      child.kill('SIGINT');
    });
    const { exitCode, stdout, stderr } = await child;
    const events = stdout.split('\n').map((line) => JSON.parse(line) as Event);
    expect(stderr).toBe('interrupted: hosts finish what they are doing; Ctrl-C again stops at once');
    // The canary was at work: its values are written and read back, what comes after is not begun.
    const tasks = events.filter((event) => event.type === 'task');
    expect(tasks.filter(({ host, outcome }) => host === 'kvm01' && outcome === 'changed').length).toBeGreaterThan(0);
    expect(events.filter(({ type }) => type === 'batch-started')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ exit: 130, stopped: expect.stringMatching(/7 of 7 hosts are not done/) });
    expect(exitCode).toBe(130);
  });

  test.skipIf(!hasScript)(atTerminal('at a terminal is drawn in place and leaves the report'), async () => {
    const { exitCode, stdout } = await folder.terminal(`perfplay plan ${site.join(' ')}`);
    expect(exitCode).toBe(4);
    // Neither the screen nor what was scrolled away is cleared, and the cursor comes back.
    for (const clear of ['\u001b[2J', '\u001b[3J', '\u001bc']) expect(stdout).not.toContain(clear);
    expect(stdout.lastIndexOf('\u001b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\u001b[?25l'));
    expect(stripVTControlCharacters(stdout).match(/^rp03 {2}: ok=/gm)).toHaveLength(1);
  });

  test.skipIf(!hasScript)(atTerminal('at a terminal has no colour with NO_COLOR'), async () => {
    const { stdout } = await folder.terminal(`NO_COLOR=1 perfplay plan ${site.join(' ')} -l rp03`);
    expect(stdout).toContain('1 host ok, nothing to change');
    // SGR sequences end in m; what moves the cursor does not.
    expect(stdout.split('\u001b[').filter((part, at) => at > 0 && /^[\d;]*m/.test(part))).toEqual([]);
  });
});

describe('the sudo password', () => {
  const asking = ['ping', 'kvm01', '-b', '-K', ...inventory];

  it('cannot be asked for without a terminal', async () => {
    const { exitCode, stdout, stderr } = await folder.perfplay(...asking);
    expect(stderr).toMatch(/no terminal to ask on: BECOME password:.*\n.*ansible_become_password/);
    expect([exitCode, stdout]).toEqual([1, '']);
  });

  test.skipIf(!hasScript).each<[string, string, RegExp, number]>([
    ['typed', 'hunter2\r', /kvm01 : ok/, 0],
    ['broken off by Ctrl-C', 'hunt\u0003', /BECOME password:\s*$/, 130],
    ['left out by Ctrl-D', '\u0004', /no become password was given/, 1],
  ])(atTerminal('is not shown: %s'), async (_, keys, expected, exit) => {
    const { exitCode, stdout } = await folder.terminal(`perfplay ${asking.join(' ')}`, [[/BECOME password:/, keys]]);
    expect(stdout).toMatch(expected);
    expect(stdout).not.toContain('hunt');
    expect(exitCode).toBe(exit);
  });
});

describe('facts', () => {
  it('are JSON by host; who did not answer is talk', async () => {
    const { exitCode, stdout, stderr } = await folder.perfplay('facts', 'kvm', ...inventory);
    const facts = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(facts)).toEqual(['kvm01', 'kvm02', 'kvm03']);
    expect(facts['kvm01']).toMatchObject({
      os: { family: 'debian' },
      cpu: { count: 4 },
      disks: [{ name: 'nvme0n1' }, { name: 'sda' }],
    });
    expect(stderr).toMatch(/^kvm04 : unreachable {2}ECONNREFUSED/);
    expect(exitCode).toBe(4);
  });

  it('have the clock of busy CPUs when asked', async () => {
    const { stdout } = await folder.perfplay('facts', 'kvm01', '--busy', ...inventory);
    const { kvm01 } = JSON.parse(stdout) as { kvm01: { busy_khz: Record<string, number> } };
    expect(Object.keys(kvm01.busy_khz).sort()).toEqual(['cpu0', 'cpu1', 'cpu2', 'cpu3']);
    for (const khz of Object.values(kvm01.busy_khz)) expect(khz).toBeGreaterThan(100_000);
  });

  it('as a snapshot are a case: the same facts follow from it', async () => {
    const plain = JSON.parse((await folder.perfplay('facts', 'rp01', ...inventory)).stdout) as { rp01: object };
    const { stdout } = await folder.perfplay(
      'facts',
      'rp01',
      '--snapshot',
      '--site',
      'playbooks/site.yml',
      ...inventory,
    );
    const { rp01 } = parse(stdout) as { rp01: SnapshotData };
    expect(JSON.parse(JSON.stringify(decodeAll({ known: factsRead }, snapshotFromData(rp01)).known))).toEqual(
      plain.rp01,
    );
    expect(Object.keys(rp01.content ?? {})).toContain('/proc/sys/vm/swappiness');
  });
});

describe('ping', () => {
  it('tells of each host, and what to do about those that do not answer', async () => {
    const { exitCode, stdout } = await folder.perfplay('ping', 'all', ...inventory);
    const lines = stdout.split('\n');
    expect(lines.filter((line) => /^(kvm0[123]|rp0[123] ) : ok {2}\d+ ms$/.test(line))).toHaveLength(6);
    expect(lines.find((line) => line.startsWith('kvm04'))).toMatch(/^kvm04 : unreachable {2}ECONNREFUSED/);
    expect(exitCode).toBe(4);
  });

  it('names the lab that is not up in this folder', async () => {
    const elsewhere = createFolder();
    try {
      elsewhere.write('inventories/lab.yml', readFileSync(path.join(folder.path, 'inventories/lab.yml'), 'utf8'));
      const { exitCode, stdout } = await elsewhere.perfplay('ping', 'kvm01', ...inventory);
      expect(stdout).toMatch(/^kvm01 : unreachable .*\n {2}hint: no lab is up in this folder .*: perfplay lab up$/);
      expect(exitCode).toBe(4);
    } finally {
      elsewhere.remove();
    }
  });
});

describe('trust', () => {
  const fresh = ['-i', 'inventories/fresh.yml'];
  const known = (): string => path.join(folder.path, 'known_hosts');
  beforeAll(() => {
    const text = readFileSync(path.join(folder.path, 'inventories/lab.yml'), 'utf8');
    folder.write('inventories/fresh.yml', text.replace('.perfplay/lab/known_hosts', 'known_hosts'));
  });

  it('adds nothing that nobody has agreed to', async () => {
    const { exitCode, stdout, stderr } = await folder.perfplay('trust', 'kvm01', 'rp01', ...fresh);
    expect(stdout.split('\n').map((line) => line.replace(/SHA256:\S{43} /, ''))).toEqual([
      'kvm01 ssh-ed25519 unknown',
      'rp01 ssh-ed25519 unknown',
    ]);
    expect(stderr).toMatch(/no terminal to ask on.*\n.*--yes/);
    expect(exitCode).toBe(1);
    expect(existsSync(known())).toBe(false);
  });

  test.skipIf(!hasScript)(atTerminal('asks for each host'), async () => {
    const asked = (host: string): RegExp => new RegExp(`${host} ssh-ed25519 SHA256:\\S{43}: add to`);
    const { exitCode, stdout } = await folder.terminal(`perfplay trust kvm01 kvm02 ${fresh.join(' ')}`, [
      [asked('kvm01'), 'n\r'],
      [asked('kvm02'), '\u0004'],
    ]);
    expect(stdout.match(/\[y\/N\]/g)).toHaveLength(2);
    expect(exitCode).toBe(0);
    expect(existsSync(known())).toBe(false);
  });

  it('adds with --yes, tells so, and lets the hosts be reached', async () => {
    const { exitCode, stderr } = await folder.perfplay('trust', 'kvm01', 'kvm04', '--yes', ...fresh);
    expect(stderr).toMatch(/^kvm04 : unreachable {2}ECONNREFUSED[^]*kvm01: added 1 key to \S*known_hosts$/);
    expect(exitCode).toBe(1);
    expect(statSync(known()).mode & 0o777).toBe(0o600);
    expect((await folder.perfplay('ping', 'kvm01', ...fresh)).exitCode).toBe(0);
    expect((await folder.perfplay('trust', 'kvm01', ...fresh)).stdout).toMatch(/ known$/);
  });

  it('never replaces a key', async () => {
    const mine = readFileSync(known(), 'utf8');
    const theirs = readFileSync(path.join(folder.path, '.perfplay/lab/known_hosts'), 'utf8');
    const another = /:\d*6 (ssh-ed25519 \S+)/.exec(theirs)?.[1] ?? /(ssh-ed25519 \S+)\s*$/.exec(theirs)![1]!;
    folder.write('known_hosts', mine.replace(/ssh-ed25519 \S+/, another));
    const changed = readFileSync(known(), 'utf8');
    expect(changed).not.toBe(mine);
    const { exitCode, stdout, stderr } = await folder.perfplay('trust', 'kvm01', '--yes', ...fresh);
    expect(stdout).toMatch(/ changed$/);
    expect(stderr).toMatch(/remove that line yourself/);
    expect(exitCode).toBe(1);
    expect(readFileSync(known(), 'utf8')).toBe(changed);
  });
});

describe('lab', () => {
  it('tells what is up, and says SIMULATED of every host', async () => {
    const { exitCode, stdout, stderr } = await folder.perfplay('lab', 'status');
    const lines = stdout.split('\n');
    expect(lines).toHaveLength(7);
    for (const line of lines) expect(line).toMatch(/^\w+ +127\.0\.0\.1:\d+ {2}(up {2}|down) {2}SIMULATED /);
    expect(lines.filter((line) => line.includes('  down  '))).toHaveLength(1);
    expect(stderr).toMatch(/^the lab is up: process \d+$/);
    expect(exitCode).toBe(0);
  });

  it('is left as it is where it is up already', async () => {
    const { boot } = await labReboot(path.join(folder.path, '.perfplay/lab'), 'rp02');
    const { exitCode, stderr } = await folder.perfplay('lab', 'up');
    expect(stderr).toBe('the lab was up already: its hosts are as they were');
    expect(exitCode).toBe(0);
    const id = path.join(folder.path, '.perfplay/lab/hosts/rp02/root/proc/sys/kernel/random/boot_id');
    expect(readFileSync(id, 'utf8').trim()).toBe(boot);
  });

  it('changes a value by hand, or says why it cannot', async () => {
    const drift = await folder.perfplay('lab', 'drift', 'rp01', '/proc/sys/vm/swappiness', '42');
    expect(drift.stdout).toMatch(/^rp01 \(SIMULATED\) \/proc\/sys\/vm\/swappiness: \d+ → 42, by hand$/);
    const refused = await folder.perfplay('lab', 'drift', 'kvm01', '/sys/kernel/mm/ksm/run', '7');
    expect([refused.stderr, refused.exitCode]).toEqual([
      'error: kvm01: /sys/kernel/mm/ksm/run: Invalid argument [lab]',
      1,
    ]);
    expect((await folder.perfplay('lab', 'reboot', 'kvm1')).stderr).toMatch(/no host kvm1.*\n.*did you mean kvm01\?/);
  });

  it.skipIf(!existsSync('/proc/self/cmdline'))('is found by its process, whoever is asked for the port', () => {
    expect(labsAt(lab.port(2400)).map((one) => one.folder)).toEqual([path.join(folder.path, '.perfplay/lab')]);
    expect(labsAt(1)).toEqual([]);
  });

  it('that is not up is no error to stop, and one to work with', async () => {
    const elsewhere = createFolder();
    try {
      expect((await elsewhere.perfplay('lab', 'down')).stdout).toBe('no lab was up in this folder');
      for (const words of [
        ['reboot', 'kvm01'],
        ['drift', 'kvm01'],
      ]) {
        const { exitCode, stderr } = await elsewhere.perfplay('lab', ...words);
        expect(stderr).toBe('error: the lab is down [lab]\n  hint: start it with: perfplay lab up');
        expect(exitCode).toBe(1);
      }
      expect((await elsewhere.perfplay('lab', 'status')).stderr).toMatch(/^the lab is down/);
    } finally {
      elsewhere.remove();
    }
  });
});
