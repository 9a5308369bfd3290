import fc from 'fast-check';
import { expect, it } from 'vitest';
import { folderOf } from '../site.ts';
import { selection, site } from './arbitrary-site.ts';
import { installed, saidByAnsible } from './ask.ts';
import { askHere } from './here.ts';
import type { Question } from './cases.ts';

const runs = Number(process.env['PERFPLAY_RUNS'] ?? 6);

it('generated sites do here what they do there', { timeout: 600_000 }, async ({ skip }) => {
  if (!installed) return skip('ansible-playbook is not installed');
  await fc.assert(
    fc.asyncProperty(site, selection, async (files, { tags, skipTags }) => {
      const question: Question = {
        folder: folderOf(files),
        ...(tags.length > 0 && { tags }),
        ...(skipTags.length > 0 && { skipTags }),
      };
      expect(askHere(question).messages).toEqual(await saidByAnsible(question));
    }),
    { numRuns: runs, endOnFailure: true },
  );
});
