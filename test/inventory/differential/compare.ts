import { join } from 'node:path';
import { parseExtraVars } from '../../../src/commands/extra-vars.ts';
import type { Diagnostic } from '../../../src/diagnostics.ts';
import { loadInventory } from '../../../src/inventory/load.ts';
import type { LoadedInventory } from '../../../src/inventory/load.ts';
import { matchHosts } from '../../../src/inventory/patterns.ts';
import { listInventory } from '../../../src/inventory/print.ts';
import { createSources } from '../../../src/yaml/files.ts';
import type { PatternAnswer, PatternQuestion, Question } from './ask.ts';

const errorsIn = (diagnostics: readonly Diagnostic[]): readonly string[] =>
  diagnostics.filter(({ severity }) => severity === 'error').map(({ code, message }) => `${code}: ${message}`);

/** What perfplay makes of the same question. Templates among connection variables stay as they are. */
export const load = ({ folder, sources, playbook, extraVars = [] }: Question): LoadedInventory => {
  const files = createSources();
  return loadInventory({
    sources: sources.map((source) => (source.includes(',') ? source : join(folder, source))),
    ...(playbook !== undefined && { playbookFolder: join(folder, playbook) }),
    extraVars: parseExtraVars(extraVars, files),
    files,
    render: () => null,
  });
};

/** Python writes these where JSON has no word for them. */
const bareWords = /"(?:\\.|[^"\\])*"|-?Infinity|NaN/g;

/** What Python's `json.dumps` printed, `Infinity` and `NaN` as texts. */
export const parseList = (text: string): unknown =>
  JSON.parse(text.replace(bareWords, (word) => (word.startsWith('"') ? word : `"${word}"`)));

/** The inventory as `--list` prints it, or why it is refused. */
export const listOf = ({
  inventory,
  diagnostics,
}: LoadedInventory): { readonly list: unknown } | { readonly errors: readonly string[] } => {
  const errors = errorsIn(diagnostics);
  return errors.length > 0 ? { errors } : { list: parseList(listInventory(inventory, { secrets: 'shown' })) };
};

/** Hosts in their order; none are compared where Ansible itself gives up. */
export interface Matched {
  readonly hosts?: readonly string[];
  readonly refused: boolean;
}

/** The name of a file in a pattern, from the folder. */
const inFolder = (pattern: string, folder: string): string =>
  pattern.replaceAll(/(^|[,:])@/g, (mark) => `${mark}${folder}/`);

export const matched = (
  { inventory }: LoadedInventory,
  { pattern, limit }: PatternQuestion,
  folder: string,
): Matched => {
  const { hosts, diagnostics } = matchHosts(inventory, pattern, limit && inFolder(limit, folder));
  return { hosts, refused: errorsIn(diagnostics).length > 0 };
};

/** What perfplay must give where Ansible gives this: it refuses what Ansible passes over. */
export const mustMatch = (answer: PatternAnswer): Matched =>
  'error' in answer ? { refused: true } : { hosts: answer.hosts, refused: answer.nothing };
