import { readYaml } from '../../../yaml/document.ts';
import { badValue, elements, float, Float, isList, Macro, mapOf, typeName, Undefined } from '../data.ts';
import { parseLiteral } from '../python-literal.ts';
import { plainMap, text } from '../spelling.ts';
import { yamlText } from '../yaml-text.ts';
import { filter } from './filter.ts';
import type { Node } from '../../../yaml/document.ts';
import type { Datum } from '../data.ts';
import type { Budget } from '../budget.ts';
import type { Given, Tools } from '../given.ts';
import type { Filter, NamedFilter } from './filter.ts';

interface JsonLayout {
  /** White space of one level; undefined: everything stands on one line. */
  readonly indent: string | undefined;
  readonly sortsKeys: boolean;
  readonly isAscii: boolean;
  readonly separators: readonly [item: string, key: string];
}

/** JSON as Python's json.dumps writes it. */
const json = (value: Datum, layout: JsonLayout, budget: Budget, outer = '\n'): string => {
  budget.spend(1);
  if (value instanceof Undefined) throw value.error;
  if (value instanceof Macro) throw badValue('a macro is no value: call it');
  if (typeof value === 'string') {
    budget.spendText(value.length);
    const quoted = JSON.stringify(value);
    if (!layout.isAscii) return quoted;
    return quoted.replaceAll(
      /[\u0080-\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' || value instanceof Float) return text(value, budget);
  const inner = layout.indent === undefined ? '' : outer + layout.indent;
  const enclose = (open: string, items: readonly string[], close: string): string => {
    if (items.length === 0) return open + close;
    budget.spendText(inner.length * items.length);
    return open + inner + items.join(layout.separators[0] + inner) + (layout.indent === undefined ? '' : outer) + close;
  };
  const nested = (item: Datum): string => json(item, layout, budget, inner === '' ? outer : inner);
  if (isList(value)) return enclose('[', value.map(nested), ']');
  const entries = Object.entries(plainMap(value));
  if (layout.sortsKeys) entries.sort(([left], [right]) => (left < right ? -1 : 1));
  const pairs = entries.map(([key, item]) => json(key, layout, budget) + layout.separators[1] + nested(item));
  return enclose('{', pairs, '}');
};

const indentOf = (given: Given, otherwise: number | undefined): string | undefined => {
  const indent = given.has('indent') ? given.get('indent') : (otherwise ?? null);
  if (indent === null || typeof indent === 'string') return indent ?? undefined;
  return ' '.repeat(Math.min(100, Math.max(0, given.integer('indent', otherwise ?? 0))));
};

const jsonParameters = 'indent? sort_keys? separators? ensure_ascii?';
const toJson = (isNice: boolean): Filter =>
  filter(jsonParameters, (value, given, { budget }) => {
    const indent = indentOf(given, isNice ? 4 : undefined);
    const separators = given.get('separators');
    const [item, key] = isList(separators) ? separators.map((one) => text(one, budget)) : [];
    const layout: JsonLayout = {
      indent,
      sortsKeys: given.flag('sort_keys', isNice),
      isAscii: given.flag('ensure_ascii', true),
      separators: [item ?? (indent === undefined ? ', ' : ','), key ?? ': '],
    };
    return json(value, layout, budget);
  });

/** JSON as data: checked by JSON's own grammar, then read as Python does, so that 2.0 stays a float. */
const fromJson = filter('', (value, _, tools) => {
  if (typeof value !== 'string') throw badValue(`from_json works on strings, not on ${typeName(value)}`);
  tools.budget.spendText(value.length);
  try {
    JSON.parse(value);
  } catch (error) {
    if (error instanceof SyntaxError) throw badValue(`this text is no JSON: ${error.message}`);
    throw error;
  }
  const found = parseLiteral(
    value.replaceAll(/\\([\s\S])/g, (whole, character) => (character === '/' ? '/' : whole)),
    tools,
  );
  if (found === undefined) throw badValue('this JSON is nested too deeply, or has numbers that are too large');
  return found;
});

const yamlParameters = 'indent? width? sort_keys? default_flow_style?';
const toYaml = (isNice: boolean): Filter =>
  filter(yamlParameters, (value, given, { budget }) => {
    const flow = given.get('default_flow_style');
    if (flow === true) throw badValue('default_flow_style cannot be true', 'to_json writes everything on one line');
    return yamlText(
      value,
      {
        indent: given.integer('indent', isNice ? 4 : 2),
        width: given.integer('width', 80),
        sortsKeys: given.flag('sort_keys', true),
        leavesInFlow: !isNice && flow === null,
      },
      budget,
    );
  });

/** Floats that are whole stay floats. */
const dataOf = (node: Node, budget: Budget): Datum => {
  budget.spend(1);
  if (node.kind === 'sequence') return node.items.map((item) => dataOf(item, budget));
  if (node.kind === 'map') return mapOf(node.entries.map(({ key, value }) => [key, dataOf(value, budget)]));
  const { value, style, source } = node;
  return typeof value === 'number' && style === 'plain' && source.includes('.') ? float(value) : value;
};

const readDocument = (source: string, { budget }: Tools): Datum => {
  budget.spend(source.length);
  const { document, diagnostics } = readYaml('', source);
  const [problem] = diagnostics.filter(({ severity }) => severity === 'error');
  if (problem) {
    const place = problem.position ? ` (line ${problem.position.line}, column ${problem.position.column})` : '';
    throw badValue(`this text is no YAML: ${problem.message}${place}`, problem.hint);
  }
  return document ? dataOf(document, budget) : null;
};

const fromYaml = filter('', (value, _, tools) => (typeof value === 'string' ? readDocument(value, tools) : value));

/** Filters between values and texts in JSON and YAML. */
export const serialFilters: readonly NamedFilter[] = [
  ['to_json', toJson(false)],
  ['to_nice_json', toJson(true)],
  ['from_json', fromJson],
  ['to_yaml', toYaml(false)],
  ['to_nice_yaml', toYaml(true)],
  ['from_yaml', fromYaml],
  [
    'from_yaml_all',
    filter('', (value, _, tools) => {
      if (typeof value !== 'string') return value;
      const documents = value.split(/^(?:---(?:[ \t].*)?|\.\.\.[ \t]*)$/m);
      const [first = '', ...rest] = documents;
      const isEmpty = first.split('\n').every((line) => /^\s*(?:#|$)/.test(line));
      const kept = isEmpty ? rest : documents;
      return elements(kept, tools.budget).map((document) => readDocument(String(document), tools));
    }),
  ],
];
