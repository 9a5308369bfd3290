import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WriteOp } from '../../../src/connect/shell/script.ts';
import { openShell, type OpenedShell } from '../../../src/connect/shell/shell.ts';
import { localChannel, shells } from './shells.ts';

// What a host's shell does for us, as the kernel sees it: processes, programs, and the order of what reaches the disk.

const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;
const traced =
  'execve,clone,clone3,fork,vfork,openat,open,creat,rename,renameat,renameat2,fsync,fdatasync,sync,exit_group';

let folder: string;
let root: string;
let trace: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'perfplay-cost-'));
  root = path.join(folder, 'root');
  trace = path.join(folder, 'trace');
  mkdirSync(path.join(root, 'etc'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => path.join(root, name);
const put = (name: string, text: string): void => writeFileSync(at(name), text);
const file = (name: string, before: string | null, after: string, more: object = {}): WriteOp => ({
  op: 'file',
  path: `/${name}`,
  mode: 0o644,
  before,
  after,
  ...more,
});
const lock: WriteOp = { op: 'lock', run: 'run', who: 'me@here', since: '2026-01-01T00:00:00.000Z', seen: '' };
const record = (paths: readonly string[] = []): WriteOp => ({
  op: 'record',
  folder: '/var/lib/perfplay/journal',
  name: 'run-1.json',
  made: 'run-1.made',
  text: 'what will be\n',
  paths,
  needs: [0],
});
/** As the engine sends it. */
const change = (...ops: readonly WriteOp[]): readonly WriteOp[] => [
  lock,
  record(),
  { op: 'gate', needs: [1] },
  ...ops.map((op) => ({ ...op, needs: [2, ...(op.needs ?? [])] })),
];

/** One call a line, in the order in which they ended: strace tells of one that others interrupt in two halves. */
const whole = (text: string): string => {
  const begun = new Map<string, string>();
  return text
    .split('\n')
    .flatMap((line) => {
      const [, pid = '', call = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
      const [, half] = /^(.*) <unfinished \.\.\.>$/.exec(call) ?? [];
      if (half !== undefined) begun.set(pid, half);
      const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/.exec(call) ?? [];
      return half === undefined ? [`${pid} ${rest === undefined ? call : `${begun.get(pid)}${rest}`}`] : [];
    })
    .join('\n');
};

/** What was started since the last look: names of programs in their order, and how many processes were forked. */
const costSince = (text: string) => ({
  programs: [...text.matchAll(/execve\("([^"]*)".* = 0$/gm)].map(([, name]) => path.basename(name!)),
  forks: [...text.matchAll(/\b(?:clone3?|v?fork)\(.* = \d+$/gm)].length,
});

/** What is opened to be written, synced and renamed, in the order in which it was done. */
const events = (text: string): readonly string[] =>
  [...text.matchAll(/^\d+ +(\w+)\((.*)\) += \d+/gm)].flatMap(([, call = '', words = '']) => {
    const [, name = ''] = /["<](\/[^">]*)[">]/.exec(words.replace(/^AT_FDCWD<[^>]*>/, '')) ?? [];
    if (call.startsWith('open')) return /O_WRONLY|O_RDWR/.test(words) ? [`write ${name}`] : [];
    if (call.startsWith('rename')) return [`rename ${name}`];
    return /^f(?:data)?sync$/.test(call) ? [`sync ${name}`] : [];
  });

describe.skipIf(!canTrace)(`what a host does${canTrace ? '' : ' (skipped: strace cannot trace here)'}`, () => {
  describe.each(shells.filter(({ present }) => present))('with $name', ({ name, argv }) => {
    /** mksh has no printf of its own. */
    const own = name === 'mksh' ? ['printf'] : [];
    const open = (programs?: string): { readonly remote: OpenedShell; readonly since: () => string } => {
      const channel = localChannel([
        'strace',
        '-f',
        '-qq',
        '-y',
        '-s',
        '300',
        '-e',
        `trace=${traced}`,
        '-o',
        trace,
        ...argv,
      ]);
      let seen = 0;
      return {
        remote: openShell(channel, { root, ...(programs !== undefined && { path: programs }) }),
        since: () => {
          const text = readFileSync(trace, 'utf8');
          const part = text.slice(seen);
          seen = text.length;
          return whole(part);
        },
      };
    };

    it('one question: a program for contents, one for all that ls tells', async () => {
      put('etc/a', 'a\n');
      const { remote, since } = open();
      await remote.ask([]);
      since();
      await remote.ask([
        { op: 'content', pattern: '/etc/*' },
        { op: 'stat', pattern: '/etc/*' },
      ]);
      const spare = own.includes('printf') ? ['printf'] : [];
      expect(costSince(since())).toEqual({ programs: [...spare, 'cat', 'ls'], forks: 2 + spare.length });
      await remote.close();
    });

    it('changes: one look at modes, one sync with the journal, one comparison for all files, and a rename for each', async () => {
      put('etc/a', 'old\n');
      put('etc/x', '');
      mkdirSync(at('run/perfplay'), { recursive: true });
      mkdirSync(at('var/lib/perfplay/journal'), { recursive: true });
      const { remote, since } = open();
      await remote.ask([]);
      since();
      const costOf = async (...ops: readonly WriteOp[]) => {
        await remote.apply(change(...ops));
        const { programs, forks } = costSince(since());
        return { programs: programs.filter((one) => one !== 'printf'), more: forks - programs.length };
      };
      expect(await costOf(file('etc/a', 'old\n', 'new\n'))).toEqual({
        programs: ['flock', 'ls', 'sync', 'cat', 'mv'],
        more: 0,
      });
      expect(
        await costOf(
          { op: 'attribute', path: '/etc/x', value: '1' },
          file('etc/a', 'new\n', 'newer\n'),
          file('etc/b', null, 'b\n'),
          file('etc/c', null, 'c\n', { mode: 0o600 }),
        ),
      ).toEqual({ programs: ['rm', 'ls', 'sync', 'cat', 'mv', 'mv', 'mv'], more: 0 });
      const [made, stricter] = [file('etc/d', null, 'd\n', { mode: 0o750 }), file('etc/c', 'c\n', 'x\n')];
      expect(await costOf(made, stricter), 'a mode for each of the two; one is made anew').toEqual({
        programs: ['rm', 'ls', 'rm', 'chmod', 'chmod', 'sync', 'cat', 'mv', 'mv'],
        more: 0,
      });
      await remote.close();
    });

    it('the journal is on disk before the first change, and each file before it is renamed', async () => {
      put('etc/a', 'old\n');
      put('etc/b', 'old\n');
      const { remote, since } = open();
      const results = await remote.apply(
        change(
          file('etc/a', 'old\n', 'new\n'),
          file('etc/new/c', null, 'new\n'),
          file('etc/b', 'old\n', 'new\n'),
          { op: 'program', argv: ['true'] },
          file('etc/d', null, 'new\n'),
        ),
      );
      expect(results.map(({ state }) => state)).toEqual(results.map(() => 0));
      const seen = events(since())
        .filter((event) => event.includes(root) && !event.includes('/run/perfplay'))
        .map((event) => event.replace(root, ''));
      /** Empty names beside the files change nothing yet. */
      const changes = (event: string): boolean => /^(?:rename|write (?!.*\/\.perfplay\.)) ?\/etc/.test(event);
      const journal = seen.indexOf('sync /var/lib/perfplay/journal/run-1.json');
      expect(journal).toBeGreaterThan(seen.indexOf('write /var/lib/perfplay/journal/run-1.json'));
      expect(seen.findIndex(changes)).toBeGreaterThan(journal);
      const renames = seen.filter((event) => event.startsWith('rename'));
      expect(renames).toHaveLength(4);
      for (const event of renames) {
        const temporary = event.slice('rename '.length);
        const synced = seen.lastIndexOf(`sync ${temporary}`);
        expect([temporary, synced > seen.lastIndexOf(`write ${temporary}`)]).toEqual([temporary, true]);
        expect(synced).toBeLessThan(seen.indexOf(event));
      }
      await remote.close();
    });
  });
});
