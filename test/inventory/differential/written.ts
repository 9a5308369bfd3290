import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PatternAnswer, PatternQuestion, Question } from './ask.ts';

const written = join(import.meta.dirname, 'written');

const readJson = <T>(file: string, otherwise?: T): T => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (error) {
    if (otherwise !== undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
};

export interface WrittenInventory {
  readonly name: string;
  readonly question: Question;
  /** What `ansible-inventory --list` printed, as `parseList` reads it; undefined before it was first recorded. */
  readonly list: unknown;
  readonly patterns: readonly (PatternQuestion & Partial<PatternAnswer>)[];
}

/**
 * A folder of `written/`: an inventory (`inventory`, a file of any ending or a folder; `case.json` says where it is more than
 * that), `patterns.json` with the hosts of each pattern, and `answer.json`. The two hold what Ansible answered.
 */
const readInventory = (name: string): WrittenInventory => {
  const folder = join(written, name);
  const own = readdirSync(folder).find((file) => /^inventory(\.|$)/.test(file));
  const patterns = readJson<WrittenInventory['patterns']>(join(folder, 'patterns.json'));
  const more = readJson<Partial<Question>>(join(folder, 'case.json'), {});
  return {
    name,
    question: {
      folder,
      sources: own === undefined ? [] : [own],
      patterns: patterns.map(({ pattern, limit }) => ({ pattern, ...(limit !== undefined && { limit }) })),
      ...more,
    },
    list: readJson<unknown>(join(folder, 'answer.json'), null),
    patterns,
  };
};

export const writtenInventories: readonly WrittenInventory[] = readdirSync(written, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => readInventory(name));
