import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createMask, masked } from '../../src/report/mask.ts';

const maskOf = (...secrets: readonly string[]) => {
  const mask = createMask();
  secrets.forEach(mask.hide);
  return mask;
};
const secret = 'hunter2\'s "key" + 5/7 ü';

describe('a mask', () => {
  it('changes nothing where nothing is secret', () => {
    const event = { a: [1, 'x'] };
    expect(createMask().value(event)).toBe(event);
    expect(createMask().text('password')).toBe('password');
  });

  it('hides a secret inside longer text, every time', () => {
    expect(maskOf('hunter2').text('sudo: hunter2 is wrong: hunter2')).toBe(`sudo: ${masked} is wrong: ${masked}`);
  });

  it.each([
    ['JSON', JSON.stringify({ password: secret })],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ password: secret }))],
    ['JSON without umlauts', String.raw`"hunter2's \"key\" + 5/7 \u00fc"`],
    ['shell quotes', `'${secret.replaceAll("'", "'\\''")}'`],
    ['other shell quotes', `'${secret.replaceAll("'", `'"'"'`)}'`],
    ['what bash makes of it with printf %q', String.raw`hunter2\'s\ \"key\"\ +\ 5/7\ \ü`],
    ['Python', `['${secret.replaceAll("'", "\\'")}']`],
    ['a URL', `https://host/?p=${encodeURIComponent(secret)}`],
    ['a path of a URL', 'hunter2%27s%20%22key%22%20%2B%205/7%20%C3%BC'],
    ['a form', 'p=hunter2%27s+%22key%22+%2B+5%2F7+%C3%BC&q=1'],
    ['base64', Buffer.from(secret).toString('base64')],
    ['base64 for URLs', Buffer.from(secret).toString('base64url')],
  ])('hides it in %s', (_name, text) => {
    expect(text).not.toContain(masked);
    const shown = maskOf(secret).text(text);
    expect(shown).toContain(masked);
    expect(shown).not.toContain('hunter2');
  });

  it('hides it in the base64 of anything that it is part of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
        const text = Buffer.from(`${before}correct horse battery${after}`).toString('base64');
        expect(maskOf('correct horse battery').text(text)).toContain(masked);
      }),
    );
  });

  it('leaves no rest of secrets that begin alike or overlap', () => {
    expect(maskOf('abcdef', 'abcdefghij').text('abcdefghij')).toBe(masked);
    expect(maskOf('abcdef', 'defghi').text('-abcdefghi-')).toBe(`-${masked}-`);
    expect(maskOf('aaaa').text('aaaaaaa')).toBe(masked);
  });

  describe('hides it where it is torn apart:', () => {
    const long = 'correct-horse-battery-staple';
    const parts = long.match(/.{1,7}/g)!;
    it.each([
      ['into lines', parts.join('\n')],
      ['into lines that are indented', parts.join('\r\n    ')],
      ['into lines of a text in JSON', JSON.stringify(parts.join('\n'))],
      ['into a list of lines', JSON.stringify(parts, undefined, 2)],
      ['into a list as Python writes it', `['${parts.join("', '")}']`],
      ['in base64', Buffer.from(`before ${long} after`).toString('base64').replaceAll(/.{9}/g, '$&\n')],
    ])('%s', (_name, text) => {
      const shown = maskOf(long).text(`the key is ${text}, is it?`);
      expect(shown.startsWith('the key is ')).toBe(true);
      expect(shown.endsWith(', is it?')).toBe(true);
      expect(shown).toContain(masked);
      for (const part of parts) expect(shown).not.toContain(part);
    });

    it('by a message that shows its beginning only', () => {
      expect(maskOf(long).text("not a number: 'correct-hor…'")).toBe(`not a number: '${masked}…'`);
    });

    it('into lines of base64, of which one is shown', () => {
      const key = 'k'.repeat(70) + 'tail of the key 0123456789'.repeat(2);
      for (const columns of [64, 76])
        for (const text of [key, `${key}\n`]) {
          const last = Buffer.from(text)
            .toString('base64')
            .match(new RegExp(`.{1,${columns}}`, 'g'))!
            .at(-1)!;
          expect(maskOf(key).text(`exit code 1: ${last}`)).toBe(`exit code 1: ${masked}`);
        }
    });

    it('but finds no short one in words that have nothing to do with each other', () => {
      const text = 'a line\nand another';
      expect(maskOf('eand').text(text)).toBe(text);
    });
  });

  it('hides the lines of a secret of several lines, each by itself', () => {
    const key = '-----BEGIN-----\nMIIEvQIBADANBgkqhkiG\n-----END-----\n';
    expect(maskOf(key).text('cat: MIIEvQIBADANBgkqhkiG')).toBe(`cat: ${masked}`);
  });

  it('keeps the lines of a text that is a source', () => {
    const source = 'one: 1\nkey: |\n  correct horse\n  battery staple\nlast: 2\n';
    expect(maskOf('correct horse\nbattery staple\n').lines(source)).toBe(
      `one: 1\nkey: |\n  ${masked}\n  ${masked}\nlast: 2\n`,
    );
  });

  it('hides it anywhere in an event and keeps all else', () => {
    const event = { type: 'task', changes: [{ key: 'file/hunter2', before: null, after: 'a hunter2 b' }], ok: true };
    expect(maskOf('hunter2').value(event)).toEqual({
      type: 'task',
      changes: [{ key: `file/${masked}`, before: null, after: `a ${masked} b` }],
      ok: true,
    });
  });

  it('leaves the structure of an event alone, whatever the secret', () => {
    const event = { type: 'task', host: 'kvm01', outcome: 'changed', name: 'changed' };
    expect(maskOf('changed', 'kvm01', 'task', 'outcome').value(event)).toEqual({ ...event, name: masked });
  });

  it('takes as long for thousands of secrets as for one', () => {
    const secrets = Array.from({ length: 5000 }, (_, index) => `pw-${(index * 7919).toString(36)}-${index}`);
    const mask = maskOf(...secrets);
    const text = 'kvm0001 : ok=3 changed=1 unreachable=0 failed=0 c2VjcmV0IG9mIG5vYm9keQ== '.repeat(5000);
    const started = performance.now();
    expect(mask.text(`${text}${secrets[4711]}`)).toBe(text + masked);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('does not hide what is too short to be a secret', () => {
    expect(maskOf('ab').text('abc')).toBe('abc');
  });
});
