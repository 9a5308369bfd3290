import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { naturally } from '../src/natural-order.ts';

describe('natural order', () => {
  test.each([
    [
      ['kvm10', 'kvm2', 'kvm1'],
      ['kvm1', 'kvm2', 'kvm10'],
    ],
    [
      ['sda1', 'sda', 'nvme10n1', 'nvme2n1', 'nvme2n10'],
      ['nvme2n1', 'nvme2n10', 'nvme10n1', 'sda', 'sda1'],
    ],
    [
      ['10', '9', '010', ''],
      ['', '9', '010', '10'],
    ],
    [
      ['a18446744073709551616', 'a18446744073709551615'],
      ['a18446744073709551615', 'a18446744073709551616'],
    ],
    [
      ['hugepages-2048kB', 'hugepages-64kB', 'hugepages-1048576kB'],
      ['hugepages-64kB', 'hugepages-2048kB', 'hugepages-1048576kB'],
    ],
  ])('%j', (names, sorted) => {
    expect([...names].sort(naturally)).toEqual(sorted);
  });

  test('agrees with the collator of ICU on names of small letters and numbers', () => {
    const collator = new Intl.Collator('en', { numeric: true });
    const name = fc.stringMatching(/^[a-z]{0,3}([1-9][0-9]{0,20})?[a-z]{0,2}[0-9]?$/);
    fc.assert(
      fc.property(
        name,
        name,
        (left, right) => Math.sign(naturally(left, right)) === Math.sign(collator.compare(left, right)),
      ),
    );
  });

  test('is an order: of two different texts one is first, and a first of a first is first', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', '-', '0', '1', '9', 'é') });
    fc.assert(
      fc.property(text, text, text, (one, two, three) => {
        expect(Math.sign(naturally(one, two))).toBe(-Math.sign(naturally(two, one)) + 0);
        expect(naturally(one, two) === 0).toBe(one === two);
        if (naturally(one, two) < 0 && naturally(two, three) < 0) expect(naturally(one, three)).toBeLessThan(0);
      }),
    );
  });
});
