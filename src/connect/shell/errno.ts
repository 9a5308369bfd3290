import type { Errno } from '../../contract/snapshot.ts';

/** strerror(3) of glibc and musl, by which cat and dd name what the kernel said. */
const texts: readonly (readonly [string, Errno])[] = [
  ['No such file or directory', 'ENOENT'],
  ['Permission denied', 'EACCES'],
  ['Operation not permitted', 'EPERM'],
  ['Device or resource busy', 'EBUSY'],
  ['Resource busy', 'EBUSY'],
  ['Invalid argument', 'EINVAL'],
  ['Input/output error', 'EIO'],
  ['I/O error', 'EIO'],
  ['Resource temporarily unavailable', 'EAGAIN'],
  ['Is a directory', 'EISDIR'],
  ['No such device', 'ENODEV'],
  ['Read-only file system', 'EROFS'],
  ['No space left on device', 'ENOSPC'],
  ['Value too large for defined data type', 'EOVERFLOW'],
  ['Value too large for data type', 'EOVERFLOW'],
  ['Numerical result out of range', 'ERANGE'],
  ['Result not representable', 'ERANGE'],
  ['Cannot allocate memory', 'ENOMEM'],
  ['Out of memory', 'ENOMEM'],
  ['Operation not supported', 'EOPNOTSUPP'],
  ['Not supported', 'EOPNOTSUPP'],
];

/** The errno that a program's error text names; EUNKNOWN where it names none. */
export const errnoOf = (text: string): Errno => texts.find(([words]) => text.includes(words))?.[1] ?? 'EUNKNOWN';
