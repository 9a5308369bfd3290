import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import kernelCmdline from '../../../modules/kernel_cmdline/index.ts';
import { argumentGroup, argumentName, groupWords, kernelWords } from '../../../src/contract/kernel-line.ts';
import { withArguments } from '../../../src/engine/stores/kernel-arg/argument-line.ts';
import {
  defaults,
  environmentText,
  lineText,
  snippetDefaults,
  snippetText,
} from '../../../src/engine/stores/kernel-arg/argument-text.ts';
import { renderDropIn } from '../../../src/engine/stores/kernel-arg/drop-in.ts';
import type { KeptArgument, KeptArguments } from '../../../src/engine/stores/kernel-arg/kept.ts';
import { nextText } from '../../../src/engine/stores/kernel-arg/record.ts';

const properties = (
  kernelCmdline.params as unknown as {
    properties: Record<'present' | 'absent', { items: { pattern: string } }>;
  }
).properties;
const wordPattern = new RegExp(properties.present.items.pattern);
const namePattern = new RegExp(properties.absent.items.pattern);

/** Words that the module accepts, those with every sign in them too. */
const word = fc.oneof(
  fc.stringMatching(wordPattern),
  fc.stringMatching(/^[a-z]{1,3}=[.,:/@%+=*!~^-]{1,8}$/),
  fc.constantFrom(
    'isolcpus=2-15',
    'a=*',
    'console=ttyS0,115200n8',
    'x=~',
    'memmap=4G!8G',
    'ip=::1',
    'n=-e',
    'a=/etc/*',
  ),
);
const name = fc.oneof(fc.stringMatching(namePattern), fc.constantFrom('quiet', 'rd-x', 'splash'));

const keptArguments: fc.Arbitrary<KeptArguments> = fc
  .tuple(fc.uniqueArray(word, { selector: argumentName, minLength: 1, maxLength: 4 }), fc.array(name, { maxLength: 2 }))
  .chain(([words, names]) =>
    fc.array(fc.boolean(), { minLength: words.length, maxLength: words.length }).map((recoveries) => {
      const line = kernelWords(words.join(' '));
      const groups = [...new Set(line.map((one) => argumentGroup(one.name)))];
      return new Map<string, KeptArgument>([
        ...names.map((one) => [argumentName(one), { value: null, recovery: false }] as const),
        ...groups.map(
          (group, index) => [group, { value: groupWords(line, group)!, recovery: recoveries[index]! }] as const,
        ),
      ]);
    }),
  );

/** Somebody else's line: anything printable that is no quote of the shell that it stands in. */
const others = fc
  .array(fc.oneof(fc.stringMatching(/^[!#%&()*+,.-9:-@A-Z[\]^_a-z{-}]{1,8}$/), word, name), { maxLength: 6 })
  .map((words) => words.filter((one) => one !== '--').join(' '));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'perfplay-grammar-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the words that kernel_cmdline accepts', () => {
  it.each([
    'a="b"',
    "a='b'",
    'a=$(id)',
    'a=`id`',
    'a=$x',
    'a\\b',
    'a;b',
    'a=b|c',
    'a=b&',
    'a=b>c',
    'a=b<c',
    'a=#',
    '#a',
    '-a',
    '--',
    '=a',
    'a=(b)',
    'a={b}',
    'a=[b]',
    'a=?',
    'a\n',
    'a=b\nc',
    'a=ü',
    '',
    ' a',
    '$a',
    '!a',
    '~a',
    '*',
    'a=\u0000',
  ])('are not %j', (one) => {
    expect(wordPattern.test(one)).toBe(false);
    expect(() => renderDropIn(new Map([['a', { value: one, recovery: false }]]))).toThrow(/not a word/);
  });

  it.each([
    'root=/dev/sda',
    'ro',
    'init=/bin/sh',
    'rd.break',
    'systemd.unit=x',
    'systemd-unit=x',
    's',
    '3',
    'nosmp',
    'memmap=1G!4G',
    'ip=dhcp',
    'net.ifnames=0',
    'module_blacklist=e1000',
    'modprobe.blacklist=nvme',
    'mitigations=off',
    'selinux=0',
  ])('need force where they can keep a host from booting, or from being reached: %s', (one) => {
    expect(kernelCmdline.check?.({ present: [one] })).toMatchObject([
      { param: 'present', hint: 'force: on allows it' },
    ]);
    expect(kernelCmdline.check?.({ present: [one], force: true })).toEqual([]);
  });

  it.each(['isolcpus=2-3', 'quiet', 'memory_hotplug=1', 'ipv6.disable=1', 'security_x=1', 'roo=1'])(
    'need none else: %s',
    (one) => {
      expect(kernelCmdline.check?.({ present: [one] })).toEqual([]);
    },
  );

  it('are single words', () => expect(wordPattern.test('a b')).toBe(false));

  it('hold no sign that GRUB’s script language acts on, and are no option of a program', () => {
    fc.assert(fc.property(word, (one) => !/[\s{}|&$;<>\\"'#]/.test(one) && !one.startsWith('-')));
  });

  it.each(['dash', 'bash'])('mean nothing to %s, which gives each variable what was meant', (shell) => {
    const cases = fc.sample(fc.tuple(keptArguments, others, others), { numRuns: 150, seed: 7 });
    const text = cases
      .map(([kept, everywhere, normal], index) => {
        const file = path.join(folder, `${shell}-${index}.cfg`);
        writeFileSync(file, renderDropIn(kept)!);
        return [
          '(',
          `GRUB_CMDLINE_LINUX='${everywhere}' GRUB_CMDLINE_LINUX_DEFAULT='${normal}'`,
          index % 2 === 0 ? `GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT='xen ${normal}'` : ':',
          `. ${file}`,
          'printf "%s\\n" "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT" "${GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT-}" "$-"',
          ')',
        ].join('\n');
      })
      .join('\n');
    const script = path.join(folder, `${shell}.sh`);
    writeFileSync(script, `set -e\ncd ${folder}\n${text}\n`);
    const output = execFileSync(shell, [script], { encoding: 'utf8' }).split('\n');
    for (const [index, [kept, everywhere, normal]] of cases.entries()) {
      const isOurs = (one: string): boolean => kept.has(argumentGroup(argumentName(one)));
      // What every entry had, every entry has again.
      const stood = new Set(everywhere.split(' ').map((one) => argumentGroup(argumentName(one))));
      const isEverywhere = ([group, { recovery }]: readonly [string, KeptArgument]): boolean =>
        recovery || stood.has(group);
      const expected = (line: string, inEvery: boolean): string =>
        [
          ...line.split(' ').filter((one) => one !== '' && !isOurs(one)),
          ...[...kept].flatMap(([group, one]) =>
            one.value !== null && isEverywhere([group, one]) === inEvery ? [one.value] : [],
          ),
        ].join(' ');
      const words = (line: string | undefined): string => (line ?? '').split(' ').filter(Boolean).join(' ');
      const xen = index % 2 === 0 ? expected(`xen ${normal}`, false) : '';
      expect(output.slice(index * 4, index * 4 + 3).map(words)).toEqual([
        expected(everywhere, true),
        expected(normal, false),
        xen,
      ]);
      expect(output[index * 4 + 3]).not.toContain('f');
    }
  });
});

describe('a line of kernel arguments', () => {
  it('has what is kept, keeps the bytes of the rest, and is not changed again', () => {
    fc.assert(
      fc.property(others, keptArguments, (line, kept) => {
        const edited = withArguments(line, kept);
        for (const [group, { value }] of kept) expect(groupWords(kernelWords(edited), group) ?? null).toBe(value);
        const rest = (one: string) => kernelWords(one).filter((word) => !kept.has(argumentGroup(word.name)));
        expect(rest(edited)).toEqual(rest(line));
        expect(withArguments(edited, kept)).toBe(edited);
      }),
    );
  });

  it.each([
    ['  ro  quiet ', '  ro  quiet a=1'],
    ['ro quiet -- --init-option', 'ro quiet a=1 -- --init-option'],
    ['a=2 ro', 'ro a=1'],
    ['ro a=1 quiet', 'ro a=1 quiet'],
    ['dyndbg="file x +p" a=2 ro', 'dyndbg="file x +p" ro a=1'],
    ['x=$(cat  /etc/a a=2) a=3', 'x=$(cat  /etc/a a=2) a=1'],
    ['', 'a=1'],
  ])('%j becomes %j', (line, expected) => {
    expect(withArguments(line, new Map([['a', { value: 'a=1', recovery: false }]]))).toBe(expected);
  });
});

describe.each([
  ['a command line', lineText, (line: string) => `${line}\n`],
  ['a snippet', snippetText, (line: string) => `title x\noptions ${line}\nlinux /vmlinuz\n`],
  ['an environment block', environmentText, (line: string) => `# GRUB\nkernelopts=${line}\nx=1\n`.padEnd(1024, '#')],
  [
    'defaults',
    defaults,
    (line: string) => `# x\nGRUB_CMDLINE_LINUX='a  b'\nGRUB_CMDLINE_LINUX_DEFAULT='${line}' # c\n`,
  ],
  ['defaults for snippets', snippetDefaults, (line: string) => `GRUB_CMDLINE_LINUX='${line}'\nGRUB_TIMEOUT=5\n`],
  ['defaults without the variable', defaults, () => 'GRUB_TIMEOUT=5'],
])('%s', (_, kind, textOf) => {
  const noRecord = { text: null, kept: new Map(), former: new Map() };
  const place = (text: string) => ({ path: '/x', kind, text });

  it('comes back to the byte, once and after another change', () => {
    fc.assert(
      fc.property(others, keptArguments, keptArguments, (line, first, second) => {
        const was = textOf(line);
        const one = nextText(place(was), noRecord, first);
        expect(one.former).toBe(was);
        const record = { text: null, kept: first, former: new Map([['/x', one.former]]) };
        expect(nextText(place(one.after!), record, new Map()).after).toBe(was);
        const two = nextText(place(one.after!), record, second);
        expect(two.after).toBe(nextText(place(was), noRecord, second).after);
        const later = { text: null, kept: second, former: new Map([['/x', two.former]]) };
        expect(nextText(place(two.after!), later, new Map()).after).toBe(was);
      }),
    );
  });
});

describe('an environment block', () => {
  it('is a multiple of 1024 bytes, whatever is written', () => {
    const kept = new Map([['a', { value: `a=${'x'.repeat(1500)}`, recovery: false }]]);
    const edited = environmentText.edit('# GRUB Environment Block\nkernelopts=ro\n'.padEnd(1024, '#'), kept);
    expect(edited).toHaveLength(2048);
    expect(environmentText.words(edited).map(({ name: one }) => one)).toEqual(['ro', 'a']);
  });
});
