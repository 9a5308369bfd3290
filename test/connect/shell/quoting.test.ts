import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { execCommand } from '../../../src/connect/become.ts';
import { quote, quotePattern } from '../../../src/connect/shell/quote.ts';
import type { WriteOp } from '../../../src/connect/shell/script.ts';
import { openShell } from '../../../src/connect/shell/shell.ts';
import { temporaryFolder } from '../sshd.ts';
import { content, type Datum, joined, longWord, NUL, word, words } from './nasty.ts';
import { localChannel } from './shells.ts';

/** yash works with characters, and is given UTF-8 alone. */
const shells = [
  { name: 'dash', argv: ['dash'], locale: 'C' },
  { name: 'bash', argv: ['bash', '--posix'], locale: 'C' },
  { name: 'busybox', argv: ['busybox', 'sh'], locale: 'C' },
  { name: 'mksh', argv: ['mksh'], locale: 'C' },
  { name: 'yash', argv: ['yash'], locale: 'C.UTF-8' },
];
const absence = (program: string): string => {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return '';
  } catch {
    return `(skipped: ${program} is not installed)`;
  }
};

/** Runs a program with a script as its standard input; gives what it writes. Throws where it complains. */
const output = (argv: readonly string[], script: Buffer, locale: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const options = { encoding: 'buffer', maxBuffer: 2 ** 26, env: { ...process.env, LC_ALL: locale } } as const;
    const child = execFile(argv[0]!, argv.slice(1), options, (error, written, complaint) =>
      error || complaint.length > 0
        ? reject(new Error(`${error?.message ?? ''} ${complaint.toString().slice(0, 300)}`))
        : resolve(written),
    );
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(script);
  });

/** A text's bytes by the test's own reckoning: a lone surrogate is a byte that belongs to no character. */
const bytesOf = (text: string): Buffer =>
  Buffer.concat(
    text
      .split(/([\udc80-\udcff])/u)
      .map((part, index) => (index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part))),
  );

/** What sh(1) says of a pattern, as a regular expression. */
const meaning = (pattern: string): RegExp => {
  const source = pattern.replaceAll(
    /\[([!^]?)([^\]]+)\]|[\s\S]/g,
    (one, negation: string | undefined, letters?: string) => {
      if (letters !== undefined) return `[${negation ? '^' : ''}${letters.replaceAll(/[\\^[\]]/g, '\\$&')}]`;
      if (one === '*') return '[^]*';
      return one === '?' ? '[^]' : one.replace(/[\\^$.|+()[\]{}]/, '\\$&');
    },
  );
  return new RegExp(`^${source}$`);
};

/** Writes its words, each with a newline and NUL after it: no letter is special in what a here-document expands, and none is too long. */
const emit = 'emit() { for word in "$@"; do cat <<E\n$word\nE\nprintf "\\000"; done; }\n';
const emitted = (of: readonly Datum[]): Buffer =>
  Buffer.concat(of.flatMap(({ bytes }) => [bytes, Buffer.from('\n\0')]));

/** Writes its words and environment into files, each ended by NUL. */
const witness = '#!/bin/sh\nout=$1\nshift\nprintf "%s\\000" "$@" >"$out"\nenv -0 >"$out.env"\n';
const witnessIn = (folder: string): string => {
  const file = join(folder, 'witness');
  writeFileSync(file, witness);
  chmodSync(file, 0o755);
  return file;
};
const ended = (of: readonly Datum[]): Buffer => joined(of.flatMap((one) => [one, NUL])).bytes;

const isUTF8 = ({ text }: Datum): boolean => !/\p{Cs}/u.test(text);
const runs = { numRuns: 6, seed: 5, endOnFailure: true } as const;

for (const { name, argv, locale } of shells) {
  const why = absence(argv[0]!);
  const takes = (one: Datum): boolean => locale === 'C' || isUTF8(one);
  const given = words.map((all) => all.filter(takes));

  describe.skipIf(why !== '')(`quoting for ${name} ${why}`, () => {
    const roundTrip = (by: (text: string) => string) =>
      fc.asyncProperty(given, async (all) => {
        const script = `${emit}emit ${all.map(({ text }) => by(text)).join(' ')}\n`;
        expect((await output(argv, bytesOf(script), locale)).equals(emitted(all))).toBe(true);
      });

    it('carries every word', async () => {
      await fc.assert(roundTrip(quote), { ...runs, examples: [[[longWord]]] });
    });

    it.each([
      ['double quotes', (text: string) => JSON.stringify(text)],
      ['a quote forgotten', (text: string) => `'${text}'`],
      ['words that look harmless as they are', (text: string) => (/['\s]/.test(text) ? quote(text) : text)],
    ])('would notice %s', async (_, by) => {
      expect((await fc.check(roundTrip(by), runs)).failed).toBe(true);
    });

    it('makes patterns that mean what they say, whatever else is in them', async () => {
      const root = temporaryFolder();
      const ascii = fc.stringMatching(/^[ -.0-Z\\^-~\t\n]{0,6}$/);
      const letters = fc.stringMatching(/^[!^]?[ -,.:-Z_-~]{1,4}$/).filter((text) => !/[!^]$/.test(text));
      const bracket = letters.map((text) => `[${text}]`);
      const part = fc.oneof(
        ascii,
        bracket,
        fc.constantFrom('*', '?', '[a-f]', '[0-9]', '[!0-9]', '[^a]', '[$(id)\'`"]'),
      );
      const patterns = fc.array(fc.array(part, { minLength: 1, maxLength: 4 }), { minLength: 30, maxLength: 30 });
      let folders = 0;
      const property = fc.asyncProperty(patterns, fc.array(ascii, { maxLength: 30 }), async (all, more) => {
        const folder = join(root, `a "b" $c${folders++}`);
        mkdirSync(folder);
        const filled = all.map((parts) => parts.map((one) => one.replace(/^\[[!^]?(.).*\]$|^[*?]$/s, '$1')).join(''));
        const names = [...new Set([...filled, ...more].map((one) => `n${one}`))];
        for (const one of names) writeFileSync(join(folder, one), '');
        const asked = all.map((parts) => `/n${parts.join('')}`);
        const lines = asked.map((pattern) => `emit ${quotePattern(pattern)}; printf '\\000'\n`);
        const script = `${emit}PP_ROOT=${quote(folder)}\n${lines.join('')}`;
        const found = (await output(argv, Buffer.from(script), locale)).toString().split('\n\0\0');
        for (const [index, pattern] of asked.entries()) {
          const meant = names.filter((one) => meaning(pattern).test(`/${one}`));
          // What means nothing stays as it is written, and names no file.
          const files = found[index]!.split('\n\0').filter((path) => existsSync(path));
          expect({ pattern, files: files.sort() }).toEqual({
            pattern,
            files: meant.map((one) => `${folder}/${one}`).sort(),
          });
        }
      });
      await fc.assert(property, runs);
    });

    it('makes no word of a NUL byte', () => {
      expect(() => quote('a\0b')).toThrow('NUL');
    });
  });
}

/** Ops need `/bin/sh` as hosts have it. */
for (const { name, argv } of shells.filter((shell) => shell.name !== 'yash')) {
  const why = absence(argv[0]!);
  describe.skipIf(why !== '')(`ops through ${name} ${why}`, () => {
    /** A shell whose `/` is a new folder. */
    const start = () => {
      const root = mkdtempSync(join(temporaryFolder(), 'root-'));
      mkdirSync(join(root, 'run/perfplay'), { recursive: true });
      return { root, remote: openShell(localChannel(argv), { root }), witness: witnessIn(root) };
    };
    const done = (count: number) => Array.from({ length: count }, () => ({ state: 0, text: '' }));
    /** A file name that is made of data. */
    const fileName = (one: Datum, index: number): Datum => {
      const bytes = Buffer.concat([Buffer.from(`${index}`), bytesOf(one.text.replaceAll('/', '|'))]).subarray(0, 120);
      const text = `${index}${one.text.replaceAll('/', '|')}`;
      return bytesOf(text).length <= 120 ? { text, bytes } : { text: `${index}`, bytes: Buffer.from(`${index}`) };
    };
    const pathIn = (root: string, folder: string, { bytes }: Datum): Buffer =>
      Buffer.concat([Buffer.from(`${root}/${folder}/`), bytes]);

    it('writes attributes, files and records of any names and contents', async () => {
      const { root, remote } = start();
      for (const folder of ['attribute', 'file']) mkdirSync(join(root, folder));
      let count = 0;
      const property = fc.asyncProperty(
        words,
        fc.array(content, { minLength: 20, maxLength: 30 }),
        async (all, contents) => {
          count += 1000;
          const names = all.map((one, index) => fileName(one, count + index));
          const of = (index: number) => contents[index % contents.length]!;
          const ops = all.flatMap(({ text }, index): readonly WriteOp[] => {
            const path = `/file/${names[index]!.text}`;
            writeFileSync(pathIn(root, 'attribute', names[index]!), '');
            return [
              { op: 'attribute', path: `/attribute/${names[index]!.text}`, value: text },
              { op: 'file', path, mode: 0o644, before: null, after: of(index).text },
              { op: 'file', path, mode: 0o644, before: of(index).text, after: of(index + 1).text },
              { op: 'record', folder: '/records', name: names[index]!.text, text, made: '', paths: [] },
            ];
          });
          expect(await remote.apply(ops)).toEqual(done(ops.length));
          for (const [index, { bytes }] of all.entries()) {
            const read = (folder: string) => readFileSync(pathIn(root, folder, names[index]!)).toString('latin1');
            expect(read('attribute')).toBe(`${bytes.toString('latin1')}\n`);
            expect(read('file')).toBe(of(index + 1).bytes.toString('latin1'));
            expect(read('records')).toBe(bytes.toString('latin1'));
          }
        },
      );
      await fc.assert(property, {
        ...runs,
        numRuns: 2,
        examples: [[[joined([])], [longWord, joined([longWord, NUL])]]],
      });
      await remote.close();
    });

    it('runs programs with any words and environment, and functions with any arguments', async () => {
      const { root, remote, witness } = start();
      const script = `${emit}t_keep() { out=$PP_ROOT/$1; shift; emit "$@" >"$out"; }`;
      const property = fc.asyncProperty(words, async (all) => {
        const texts = all.map(({ text }) => text);
        const environment = new Map(texts.map((text, index) => [`V${index}`, text]));
        const file = (what: string) => join(root, `${what}.out`);
        const results = await remote.apply([
          { op: 'program', argv: [witness, file('program'), ...texts], environment },
          { op: 'function', script, name: 't_keep', args: ['function.out', ...texts] },
        ]);
        expect(results).toEqual(done(2));
        const ran = await remote.run({ argv: [witness, file('run'), ...texts], environment, timeout: 20 });
        expect(ran).toEqual({ exit: 0, stdout: '', stderr: '' });
        await remote.ask([{ op: 'query', argv: [witness, file('query'), ...texts] }]);
        expect(readFileSync(file('function')).equals(emitted(all))).toBe(true);
        for (const what of ['program', 'run', 'query']) expect(readFileSync(file(what)).equals(ended(all))).toBe(true);
        for (const what of ['program', 'run']) {
          const found = readFileSync(`${file(what)}.env`)
            .toString('latin1')
            .split('\0');
          const wanted = all.map(({ bytes }, index) => `V${index}=${bytes.toString('latin1')}`);
          expect(found).toEqual(expect.arrayContaining(wanted));
        }
      });
      await fc.assert(property, { ...runs, numRuns: 3 });
      const result = await remote.apply([{ op: 'function', script, name: 't_keep', args: ['long', longWord.text] }]);
      expect(result).toEqual(done(1));
      expect(readFileSync(join(root, 'long')).equals(emitted([longWord]))).toBe(true);
      await remote.close();
    });
  });
}
for (const login of ['csh', 'tcsh', 'fish', 'zsh', ...shells.map(({ argv }) => argv[0]!)]) {
  const why = absence(login);
  it.skipIf(why !== '')(`a command passes ${login} as the login shell ${why}`, async () => {
    const folder = temporaryFolder();
    const file = witnessIn(folder);
    const line = word.filter(isUTF8).filter(({ text }) => !text.includes('\n'));
    const property = fc.asyncProperty(fc.array(line, { minLength: 20, maxLength: 40 }), async (all) => {
      const command = execCommand([file, join(folder, 'out'), ...all.map(({ text }) => text)]);
      await output([login, ...(login === 'busybox' ? ['sh'] : []), '-c', command], Buffer.alloc(0), 'C.UTF-8');
      expect(readFileSync(join(folder, 'out')).equals(ended(all))).toBe(true);
    });
    await fc.assert(property, { ...runs, numRuns: 12 });
  });
}
