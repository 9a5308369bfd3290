import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { closed } from './schema.ts';
import type { ValidateFunction } from 'ajv';
import type { AnyModule } from '../../contract/module.ts';
import type { Schema } from './schema.ts';

// In a bundle there is `compiledValidators` instead of this file (src/build.mjs): a start would be ajv's for the most part.

const options = { allErrors: true, strict: false, verbose: true, validateFormats: false } as const;
const ajv = new Ajv(options);

/** The function that checks parameters as they are written against the module's schema. */
export const compileValidator = ({ params }: AnyModule): ValidateFunction => ajv.compile(closed(params as Schema));

/** The text of a JavaScript module whose `compileValidator` gives the same functions, for these modules alone. */
export const compiledValidators = (modules: readonly AnyModule[]): string => {
  const schemas = Object.fromEntries(modules.map(({ kind, params }) => [kind, closed(params as Schema)]));
  const compiler = new Ajv({ ...options, schemas, code: { source: true, esm: true } });
  // With a mark of its own: `package` is a word of the language.
  const names = Object.fromEntries(modules.map(({ kind }) => [`${kind}_`, kind]));
  const validators = modules.map(({ kind }) => `${kind}: ${kind}_`).join(', ');
  return [
    standaloneCode.default(compiler, names),
    `const validators = { ${validators} };`,
    'export const compileValidator = ({ kind }) => validators[kind];',
    '',
  ].join('\n');
};
