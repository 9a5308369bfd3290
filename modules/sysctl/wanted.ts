import { fields, type Codec } from '../../src/contract/index.ts';

const wholeNumber = (text: string): bigint | undefined => (/^[+-]?\d+$/.test(text) ? BigInt(text) : undefined);

/** A value as a playbook writes it. */
type Wanted = string | number | { readonly min: number } | { readonly max: number };

export interface Understood {
  readonly value: string;
  readonly codec: Codec<string>;
  /** A better value than this one is left alone. */
  readonly bound: boolean;
}

/** The value as text, and a codec that takes a better one for equal. */
export const understood = (wanted: Wanted): Understood => {
  if (typeof wanted !== 'object') return { value: fields.decode(String(wanted)), codec: fields, bound: false };
  const [limit, holds] =
    'min' in wanted
      ? [BigInt(wanted.min), (number: bigint) => number >= BigInt(wanted.min)]
      : [BigInt(wanted.max), (number: bigint) => number <= BigInt(wanted.max)];
  const equal = (seen: string): boolean => {
    const number = wholeNumber(seen);
    return number !== undefined && holds(number);
  };
  return { value: String(limit), codec: { ...fields, equal }, bound: true };
};

/** Whether a text, such as another file's, serves as well. */
export const agrees = ({ value, codec }: Understood, seen: string): boolean =>
  codec.equal?.(seen, value) ?? seen === value;
