import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modules } from '../../modules/registry.ts';
import { compiledValidators, compileValidator } from '../../src/playbook/bind/compile-validator.ts';

// The program runs validators that were compiled when it was built, the other suites those that are compiled as they go.

/** What the text exports. */
const load = (text: string): typeof compileValidator => {
  const body = `${text.replaceAll('export const ', 'const ')}; return compileValidator;`;
  return compileFunction(body, ['require'])(createRequire(import.meta.url)) as typeof compileValidator;
};
const beforehand = load(compiledValidators([...modules.values()]));

const leaf = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const value = fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.dictionary(fc.string(), leaf, { maxKeys: 3 }));

describe('validators compiled beforehand', () => {
  it.each([...modules.values()])('find in parameters of $kind what those compiled as they go find', (module) => {
    const { properties = {} } = module.params as { properties?: Readonly<Record<string, unknown>> };
    const names = fc.oneof(fc.constantFrom('other', ...Object.keys(properties)), fc.string());
    const [asTheyGo, before] = [compileValidator(module), beforehand(module)];
    fc.assert(
      fc.property(fc.dictionary(names, value), (params) => {
        expect(before(params)).toBe(asTheyGo(params));
        expect(before.errors).toEqual(asTheyGo.errors);
      }),
    );
  });
});
