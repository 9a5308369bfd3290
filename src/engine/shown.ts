import { createHash } from 'node:crypto';
import { bytesOfText, isWellFormed } from '../contract/bytes.ts';
import type { Target } from '../contract/steps.ts';

/** Characters of a file that a report carries along; more is no text that people read. */
const longest = 64 * 1024;

const isReadable = (text: string): boolean => text.length <= longest && !text.includes('\0') && isWellFormed(text);

/** A value as reports have it: a file that is no text, or too long to be read, by its size and sum. */
export const shownValue = (target: Target | undefined, text: string): string => {
  if (target?.kind !== 'file' || isReadable(text)) return text;
  const bytes = bytesOfText(text);
  const sum = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  return `${bytes.length} bytes, sha256 ${sum}`;
};
