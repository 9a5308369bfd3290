import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { resolvePlain } from '../../../src/yaml/scalars.ts';
import { roughIni, roughYaml } from './arbitrary-rough.ts';
import { type Question, startAnsible } from './ask.ts';
import { budget, seed } from './budget.ts';
import { listOf, load, parseList } from './compare.ts';

// Texts of which many are no inventory: what Ansible cannot read is an error here, and what both read is the same.

/** Whether a key somewhere in the value would be a number, boolean or null to Ansible: here keys are text (docs/ansible.md). */
const hasTypedKey = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).some(
    ([key, item]) => (!Array.isArray(value) && typeof resolvePlain(key) !== 'string') || hasTypedKey(item),
  );

const { ansible, missing } = await startAnsible();
afterAll(() => ansible?.close());

describe.skipIf(!ansible)(`rough texts${missing && ` (skipped: ${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'perfplay-rough-'));
  mkdirSync(join(folder, 'host_vars'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const ini = budget(4);
  it(
    `INI (seed ${seed})`,
    async () => {
      // Stricter than Ansible (docs/ansible.md): each would be a mistake that nobody is told of.
      const stricter = /^(bad-host-name|duplicate-key|bad-value|ini-syntax): /;
      const seen = { both: 0 };
      await fc.assert(
        fc.asyncProperty(roughIni, async (text) => {
          writeFileSync(join(folder, 'hosts.ini'), text);
          const question: Question = { folder, sources: ['hosts.ini'], patterns: [] };
          const answer = await ansible!.ask(question);
          const here = listOf(load(question));
          if ('error' in answer) expect(here, answer.error).toHaveProperty('errors');
          else if (!('errors' in here && here.errors.every((error) => stricter.test(error)))) {
            seen.both++;
            expect(here).toEqual({ list: parseList(answer.list) });
          }
        }),
        ini.parameters,
      );
      expect(seen.both).toBeGreaterThan(10);
    },
    ini.timeout,
  );

  const yaml = budget(4);
  it(
    `YAML that both can read (seed ${seed})`,
    async () => {
      let count = 0;
      const seen = { both: 0 };
      await fc.assert(
        fc.asyncProperty(roughYaml, async (text) => {
          // Ansible remembers where it found the variables of a host, and that it found none.
          const host = `rough${count++}`;
          writeFileSync(join(folder, 'hosts'), host);
          writeFileSync(join(folder, 'host_vars', host), text);
          const question: Question = { folder, sources: ['hosts'], patterns: [] };
          const answer = await ansible!.ask(question);
          const here = listOf(load(question));
          rmSync(join(folder, 'host_vars', host));
          if ('error' in answer || 'errors' in here || hasTypedKey(here.list)) return;
          seen.both++;
          expect(here).toEqual({ list: parseList(answer.list) });
        }),
        yaml.parameters,
      );
      expect(seen.both).toBeGreaterThan(10);
    },
    yaml.timeout,
  );
});
