import { createHash } from 'node:crypto';
import { badValue, typeName } from '../data.ts';
import { text } from '../spelling.ts';
import { filter } from './filter.ts';
import type { Filter, NamedFilter } from './filter.ts';

const algorithms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];

const digest = (algorithm: string): Filter =>
  filter('', (value, _, { budget }) => createHash(algorithm).update(text(value, budget)).digest('hex'));

const hash = filter('hashtype?', (value, given, { budget }) => {
  const algorithm = given.text('hashtype', 'sha1');
  if (!algorithms.includes(algorithm))
    throw badValue(`there is no hash '${algorithm}'`, `there are ${algorithms.join(', ')}`);
  return createHash(algorithm).update(text(value, budget)).digest('hex');
});

/** Only UTF-8: other encodings give texts that nothing else here can hold. */
const checkEncoding = (encoding: string): void => {
  if (!/^utf-?8$/i.test(encoding)) throw badValue(`the encoding is utf-8, not '${encoding}'`);
};

const decode = (source: string): string => {
  const digits = source.replaceAll(/[^A-Za-z0-9+/=]/g, '');
  if (!/^[^=]*={0,2}$/.test(digits) || digits.length % 4 !== 0) throw badValue('this text is not base64');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(digits, 'base64'));
  } catch (error) {
    if (error instanceof TypeError) throw badValue('the decoded bytes are no UTF-8 text');
    throw error;
  }
};

/** Checksums and base64. */
export const digestFilters: readonly NamedFilter[] = [
  ['hash', hash],
  ['md5', digest('md5')],
  ['sha1', digest('sha1')],
  ['checksum', digest('sha1')],
  [
    'b64encode',
    filter('encoding?', (value, given, { budget }) => {
      checkEncoding(given.text('encoding', 'utf-8'));
      return Buffer.from(text(value, budget)).toString('base64');
    }),
  ],
  [
    'b64decode',
    filter('encoding?', (value, given) => {
      checkEncoding(given.text('encoding', 'utf-8'));
      if (typeof value !== 'string') throw badValue(`b64decode works on texts, not on ${typeName(value)}`);
      return decode(value);
    }),
  ],
];
