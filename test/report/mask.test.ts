import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createMask, masked } from '../../src/report/mask.ts';

const maskOf = (...secrets: readonly string[]) => {
  const mask = createMask();
  secrets.forEach(mask.hide);
  return mask;
};
const secret = 'hunter2\'s "key" + 5/7';

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
    ['shell quotes', `'${secret.replaceAll("'", "'\\''")}'`],
    ['a URL', `https://host/?p=${encodeURIComponent(secret)}`],
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

  it('leaves no tail of a secret that begins with another', () => {
    expect(maskOf('abcdef', 'abcdefghij').text('abcdefghij')).toBe(masked);
  });

  it('hides the lines of a secret of several lines, each by itself', () => {
    const key = '-----BEGIN-----\nMIIEvQIBADANBgkqhkiG\n-----END-----\n';
    expect(maskOf(key).text('cat: MIIEvQIBADANBgkqhkiG')).toBe(`cat: ${masked}`);
  });

  it('hides it anywhere in an event, in keys too, and keeps all else', () => {
    const event = { type: 'task', changes: [{ key: 'file/hunter2', before: null, after: 'a hunter2 b' }], ok: true };
    expect(maskOf('hunter2').value(event)).toEqual({
      type: 'task',
      changes: [{ key: `file/${masked}`, before: null, after: `a ${masked} b` }],
      ok: true,
    });
  });

  it('leaves the structure of an event alone, whatever the secret', () => {
    const event = { type: 'task', host: 'kvm01', outcome: 'changed', name: 'changed' };
    expect(maskOf('changed', 'kvm01', 'task').value(event)).toEqual({ ...event, name: masked });
  });

  it('does not hide what is too short to be a secret', () => {
    expect(maskOf('ab').text('abc')).toBe('abc');
  });
});
