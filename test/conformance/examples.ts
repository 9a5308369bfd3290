import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { AnyModule } from '../../src/contract/module.ts';
import type { Value } from '../../src/inventory/types.ts';
import { replaceFiles, type Schema } from '../../src/playbook/bind/schema.ts';
import { validateParams } from '../../src/playbook/bind/validate.ts';

/** One entry of modules/KIND/example.yaml: parameters that change something on a fresh host of the simulated lab. */
export interface Example {
  readonly name: string;
  readonly host: string;
  readonly params: Value;
  /** Texts of the controller's files that the parameters name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** They set nothing on a host that could be perturbed: test/engine/acts.test.ts does. */
export const setsNothing: ReadonlySet<string> = new Set([
  'assert',
  'debug',
  'fail',
  'pause',
  'rollback',
  'reboot',
  'set_fact',
  'wait_for',
]);

const modulesFolder = path.join(import.meta.dirname, '../../modules');

export const exampleFile = (kind: string): string => path.join(modulesFolder, kind, 'example.yaml');

/** A module's examples as a playbook's task would give them to it; none where the file is missing. Throws on wrong parameters. */
export const examplesOf = (module: AnyModule): readonly Example[] => {
  const file = exampleFile(module.kind);
  if (!existsSync(file)) return [];
  return (parse(readFileSync(file, 'utf8')) as readonly Example[]).map((example) => {
    const { params, problems } = validateParams(module, example.params);
    if (problems.length > 0)
      throw new Error(
        `${module.kind}/example.yaml: ${example.name}: ${problems.map(({ message }) => message).join('; ')}`,
      );
    const fileOf = (_: unknown, name: string): Value => {
      const text = example.files?.[name];
      if (text === undefined) throw new Error(`${module.kind}/example.yaml: ${example.name}: files has no ${name}`);
      return { path: name, text: Buffer.from(text).toString('latin1') };
    };
    return { ...example, params: replaceFiles(module.params as Schema, params, fileOf) };
  });
};
