import fc from 'fast-check';
import { model, variables } from './arbitrary-model.ts';
import { iniValue, iniWord, yamlValue } from './arbitrary-values.ts';
import { renderIni } from './render-ini.ts';
import { jsonValue, renderJson, renderScript } from './render-json.ts';
import { renderMap, renderYaml } from './render-yaml.ts';

const yamlVariables = variables(yamlValue, (word) => () => word);
const jsonVariables = variables(jsonValue, (word) => word);
const asIs = (word: string): string => word;

/** A file of an inventory: its ending and its text. */
export interface SourceText {
  readonly ending: string;
  readonly text: string;
}

export const sourceText: fc.Arbitrary<SourceText> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      ending: fc.constantFrom('', '.inventory'),
      text: model(variables(iniWord, asIs), variables(iniValue, asIs)).chain(renderIni),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      ending: fc.constantFrom('.yml', '.yaml', ''),
      text: model(yamlVariables, yamlVariables).chain(renderYaml),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ending: fc.constant('.sh'),
      text: model(jsonVariables, jsonVariables).chain(renderScript),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ending: fc.constantFrom('.json', ''),
      text: model(jsonVariables, jsonVariables).map(renderJson),
    }),
  },
);

/** A file of variables. */
export const variablesText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: yamlVariables.map((own) => `---\n${renderMap(own, '')}`) },
  { weight: 1, arbitrary: jsonVariables.map((own) => JSON.stringify(Object.fromEntries(own))) },
);
