import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Event } from '../../src/report/events.ts';
import { diagnosticText } from '../../src/report/diagnostic-text.ts';
import { createReporter } from '../../src/report/reporter.ts';
import { begin, ended, FakeOutput, stage, start, task } from './streams.ts';

// ink draws nothing where CI is set, and asks when it is loaded: before that, the variable goes.
vi.hoisted(() => {
  delete process.env['CI'];
  delete process.env['CONTINUOUS_INTEGRATION'];
});

// Whatever stands in the texts of events comes from hosts and files that others write. The oracle looks at the bytes.

const attacks: Readonly<Record<string, string>> = {
  'a title (OSC)': '\u001b]0;pwned\u0007',
  'a link (OSC 8)': '\u001b]8;;http://evil.example\u001b\\here\u001b]8;;\u001b\\',
  'the clipboard (OSC 52)': '\u001b]52;c;cm0gLXJmIC8=\u0007',
  'an OSC that never ends': '\u001b]0;open',
  'a cleared screen (CSI)': '\u001b[2J\u001b[H',
  'a cleared scrollback (CSI)': '\u001b[3J',
  'an answer of the terminal (DSR)': '\u001b[6n',
  'a device control string (DCS)': '\u001bP+q544e\u001b\\',
  'a lone escape': '\u001b',
  'a colour that is not ours': '\u001b[8mhidden',
  'CSI in one byte (C1)': '\u009b2J\u009b31m',
  'OSC in one byte (C1)': '\u009d0;pwned\u009c',
  'a line that is overwritten': 'failed\rok    ',
  'a word that is overwritten': 'bad\b\b\bok ',
  'a bell and a form feed': '\u0007\u000c\u000b\u0000\u007f',
  'letters in another order': 'user\u202egnp.exe\u202c\u2066\u2067\u2068\u2069\u202a\u202b\u202d',
  'other line ends': 'a\u0085b\u2028c\u2029d',
  'a line of the recap': 'x\nkvm001 : ok=9 changed=0 unreachable=0 failed=0',
  'a line of the recap, otherwise': 'x\r\nkvm001 : ok=9 changed=0 unreachable=0 failed=0',
};
const everything = Object.values(attacks).join(' ');

/** Colours of our own, and what ink and the live view move the cursor with. */
// eslint-disable-next-line no-control-regex
const own = /\u001b\[(?:[0-9;]*m|[0-9]*[AGK]|2K|\?25[lh]|\?2026[lh])/g;
// eslint-disable-next-line no-control-regex
const foreign = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
/** A line that begins as one of the recap does, for a host that says so itself. */
const forged = /^kvm001 : ok=9/m;

/** What could act on a terminal, or passes for a line of ours. */
const hits = (shown: string): readonly string[] => [
  ...(foreign.exec(shown.replaceAll(own, '')) ?? []).map((sign) => `U+${sign.codePointAt(0)!.toString(16)}`),
  ...(/\u001b\[8m/.test(shown) ? ['a foreign colour'] : []), // eslint-disable-line no-control-regex
  ...(forged.test(shown) ? ['a forged line'] : []),
];

/** An event of every kind with the text wherever a host or a file may have put it. */
const events = (text: string): readonly Event[] => {
  const position = { file: `site${text}.yml`, line: 1, column: 1 };
  const change = { key: `key ${text}`, levels: ['running' as const], before: text, after: `${text}2` };
  const more = { name: text, item: text, message: text, output: text, warnings: [text], pending: [`restart:${text}`] };
  const host = 'kvm001';
  return [
    ...begin([host, 'kvm002'], { name: text }),
    { type: 'diagnostic', diagnostic: { code: 'usage', severity: 'warning', message: text, hint: text, position } },
    stage(host, 'apply', start, text),
    { ...stage(host, 'apply', start, text), stage: 'reboot' } as Event,
    task(host, 'sysctl', 3, { ...more, position, changes: [change] }),
    task(host, 'sysctl', 4, {
      ...more,
      outcome: 'failed',
      reason: 'refused',
      changes: [{ ...change, failed: { reason: 'refused', message: text } }],
    }),
    task(host, 'command', 5, { ...more, unknown: true, waitsFor: text, outcome: 'changed', delegate: 'kvm002' }),
    task(host, 'command', 6, { ...more, outcome: 'failed', reason: 'error', ignored: true }),
    ended(host, 'failed', { message: text, hint: text }),
    ended('kvm002', 'unreachable', { message: text, hint: text }),
    { type: 'run-ended', exit: 6, elapsed: 1, stopped: text },
  ];
};

type Kind = 'plain' | 'live' | 'jsonl' | 'json';
const kinds: readonly Kind[] = ['plain', 'live', 'jsonl', 'json'];

/** All bytes that a report of these events is made of: each frame of a live view too. */
const bytesOf = async (create: typeof createReporter, kind: Kind, text: string, columns: number): Promise<string> => {
  vi.useFakeTimers({ now: start });
  try {
    const output = new FakeOutput({ columns, rows: 30 });
    const reporter = await create(kind, output, { diff: true, colour: true, source: () => `${text}\n` });
    for (const event of events(text)) {
      reporter.emit(event);
      await vi.advanceTimersByTimeAsync(110);
    }
    await reporter.close();
    return output.text();
  } finally {
    vi.useRealTimers();
  }
};

describe.each(kinds)('the %s report', (kind) => {
  it.each(Object.entries(attacks))('keeps from the terminal: %s', async (_, text) => {
    for (const columns of [40, 200]) expect(hits(await bytesOf(createReporter, kind, text, columns))).toEqual([]);
  });

  it('shows what stands around them', async () => {
    expect(await bytesOf(createReporter, kind, `before ${everything} after`, 4000)).toMatch(/before .* after/);
  });
});

describe('the same eyes', () => {
  afterEach(() => {
    vi.doUnmock('../../src/report/escape.ts');
    vi.resetModules();
  });

  it.each(kinds)('see them where nothing is escaped: %s', async (kind) => {
    vi.resetModules();
    const plainly = (text: string): string => text;
    const unescaped = (value: unknown): string =>
      JSON.stringify(value).replaceAll(/\\u([0-9a-f]{4})/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
    vi.doMock('../../src/report/escape.ts', () => ({ escapeText: plainly, safeJson: unescaped }));
    const { createReporter: create } = await import('../../src/report/reporter.ts');
    const missed: string[] = [];
    for (const [name, text] of Object.entries(attacks))
      if (hits(await bytesOf(create, kind, text, 200)).length === 0) missed.push(name);
    // JSON itself writes these two with a backslash; ink cuts and colours lines anew, and keeps some of it to itself.
    const own = kind.startsWith('json') ? [/line of the recap|overwritten|bell/] : [/line of the recap/];
    expect(missed.filter((name) => !own.some((pattern) => pattern.test(name)))).toEqual([]);
  });
});

describe('a diagnostic', () => {
  it.each(Object.entries(attacks))('is as many lines as it was: %s', (_, text) => {
    const diagnostic = {
      code: 'usage',
      severity: 'error',
      message: text,
      hint: `do ${text}`,
      position: { file: `a${text}`, line: 1, column: 1 },
    } as const;
    const lines = diagnosticText(diagnostic, () => 'governor: x\n').split('\n');
    expect(lines).toHaveLength(4);
    expect(lines.some((line) => foreign.test(line))).toBe(false);
  });
});
