import { isAlias, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Alias, Document, ParsedNode, Scalar as LibraryScalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Diagnostic, Position } from '../diagnostics.ts';
import type { Entry, MapNode, Node, ScalarNode } from './nodes.ts';
import { isAmbiguous, resolvePlain } from './scalars.ts';
import { syntaxErrors, tooDeep, unquotedTemplate } from './syntax.ts';

export * from './nodes.ts';

/** Deeper trees than this are attacks, not configuration. */
const deepest = 100;
/** Nodes that aliases may add to a document in all. */
const mostAliased = 500_000;
const pollution = new Set(['__proto__', 'constructor', 'prototype']);

interface Anchor {
  readonly node: Node;
  readonly nodes: number;
  readonly height: number;
}

const tagPrefix = 'tag:yaml.org,2002:';
const scalarTags: Readonly<Record<string, (value: unknown) => boolean>> = {
  int: Number.isInteger,
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

/** The library's tree made ours; problems are pushed onto `diagnostics` and the rest is still read. */
const convertDocument = (
  document: Document.Parsed,
  text: string,
  at: (start: number, end: number) => Position,
  diagnostics: Diagnostic[],
): Node | undefined => {
  const anchors = new Map<string, Anchor | 'open'>();
  let nodes = 0;
  let aliased = 0;
  let reached = 0;

  const problem = (code: string, message: string, position: Position, hint?: string): void => {
    diagnostics.push({ code, severity: 'error', message, position, ...(hint && { hint }) });
  };
  const nestingProblem = (position: Position): void => {
    if (!diagnostics.some(({ code }) => code === 'yaml-depth')) diagnostics.push(tooDeep(position));
  };
  const empty = (position: Position): ScalarNode => ({
    kind: 'scalar',
    value: null,
    source: '',
    style: 'plain',
    position,
  });

  const checkTag = ({ tag, range }: ParsedNode, allowed: readonly string[]): void => {
    if (tag === undefined || tag === '!' || allowed.some((name) => tag === tagPrefix + name)) return;
    const mark = text.lastIndexOf('!', range[0]);
    const position = at(text[mark - 1] === '!' ? mark - 1 : mark, range[0]);
    const shown = tag.startsWith(tagPrefix) ? `!!${tag.slice(tagPrefix.length)}` : tag;
    const vault = tag === '!vault' || tag === '!vault-encrypted';
    const hint = vault
      ? 'keep secrets out of the file: give them with -e @file, or ask for them with -K'
      : tag === '!unsafe'
        ? 'write the text without the tag; braces that are meant as they are go into {% raw %}'
        : 'leave the tag out';
    problem('unsupported-tag', `the tag ${shown} is not supported here`, position, hint);
  };

  const scalar = (node: LibraryScalar.Parsed, position: Position): ScalarNode => {
    const source = node.source;
    const style = node.type === 'PLAIN' ? 'plain' : node.type?.startsWith('BLOCK') ? 'block' : 'quoted';
    checkTag(node, ['str', ...Object.keys(scalarTags)]);
    if (node.tag?.startsWith(tagPrefix)) {
      const name = node.tag.slice(tagPrefix.length);
      const value = name === 'str' ? source : resolvePlain(source);
      if (scalarTags[name]?.(value) === false) problem('bad-tag', `"${source}" is not of the type !!${name}`, position);
      return { kind: 'scalar', value, source, style, position };
    }
    if (style !== 'plain') return { kind: 'scalar', value: source, source, style, position };
    const ambiguous = isAmbiguous(source);
    return { kind: 'scalar', value: resolvePlain(source), source, style, ...(ambiguous && { ambiguous }), position };
  };

  const alias = (node: Alias.Parsed, depth: number): Node => {
    const position = at(node.range[0], node.range[1]);
    const anchor = anchors.get(node.source);
    if (anchor === undefined) problem('unknown-anchor', `no anchor &${node.source} stands above this alias`, position);
    else if (anchor === 'open') problem('alias-cycle', `*${node.source} stands inside its own anchor`, position);
    else if (depth + anchor.height > deepest) nestingProblem(position);
    else {
      reached = Math.max(reached, depth + anchor.height);
      nodes += anchor.nodes;
      const before = aliased;
      aliased += anchor.nodes;
      if (aliased <= mostAliased) return anchor.node;
      if (before <= mostAliased)
        problem('alias-expansion', `aliases make this document larger than ${mostAliased} values`, position);
    }
    return empty(position);
  };

  const key = (node: ParsedNode | null, position: Position): string | undefined => {
    if (isAlias(node)) {
      const target = alias(node, 0);
      if (target.kind === 'scalar') return target.source;
    } else if (isScalar(node)) {
      const { source } = node as LibraryScalar.Parsed;
      if (pollution.has(source)) {
        problem('reserved-key', `"${source}" cannot be a key`, position, 'choose another name');
        return undefined;
      }
      if (source !== '' || node.type !== 'PLAIN') return source;
      problem('empty-key', 'a key is missing before the colon', position);
      return undefined;
    } else if (isMap(node) && text.startsWith('{{', node.range[0] - 1)) {
      diagnostics.push(unquotedTemplate({ ...position, column: position.column - 1, length: 2 }));
      return undefined;
    }
    problem('bad-key', 'a key must be a plain word, not a list or map', position);
    return undefined;
  };

  /** What `<<` brings: earlier maps of a list win. Rule: PyYAML's flatten_mapping. */
  const merged = (value: Node): readonly Entry[] => {
    const maps = value.kind === 'sequence' ? value.items : [value];
    for (const map of maps.filter((map) => map.kind !== 'map'))
      problem('bad-merge', '<< takes a map or a list of maps', map.position);
    return maps
      .filter((map): map is MapNode => map.kind === 'map')
      .reverse()
      .flatMap((map) => map.entries);
  };

  const map = (node: YAMLMap.Parsed, position: Position, depth: number): MapNode => {
    checkTag(node, ['map']);
    const own = new Map<string, Entry>();
    let inherited: readonly Entry[] | undefined;
    for (const pair of node.items) {
      const range = pair.key?.range ?? [node.range[0], node.range[0]];
      const keyPosition = at(range[0], range[1]);
      const name = key(pair.key, keyPosition);
      const converted = pair.value === null ? empty(keyPosition) : convert(pair.value, depth + 1);
      if (name === undefined) continue;
      const value =
        converted.kind === 'scalar' && converted.source === '' ? { ...converted, position: keyPosition } : converted;
      const first = own.get(name);
      if (first)
        problem(
          'duplicate-key',
          `"${name}" stands twice in this map, first on line ${first.keyPosition.line}`,
          keyPosition,
        );
      else own.set(name, { key: name, keyPosition, value });
      if (name === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN' && !first) inherited = merged(value);
    }
    if (inherited) own.delete('<<');
    const entries = new Map(inherited?.map((entry) => [entry.key, entry]));
    for (const [name, entry] of own) entries.set(name, entry);
    return { kind: 'map', entries: [...entries.values()], position };
  };

  const sequence = (node: YAMLSeq.Parsed, position: Position, depth: number): Node => {
    checkTag(node, ['seq']);
    return { kind: 'sequence', items: node.items.map((item) => convert(item as ParsedNode, depth + 1)), position };
  };

  const convert = (node: ParsedNode, depth: number): Node => {
    if (isAlias(node)) return alias(node, depth);
    const position = at(node.range[0], node.range[1]);
    if (depth > deepest) {
      nestingProblem(position);
      return empty(position);
    }
    const outer = { nodes, reached };
    [nodes, reached] = [1, depth];
    if (node.anchor) anchors.set(node.anchor, 'open');
    const converted = isScalar(node)
      ? scalar(node, position)
      : isMap(node)
        ? map(node, position, depth)
        : sequence(node, position, depth);
    if (node.anchor) anchors.set(node.anchor, { node: converted, nodes, height: reached - depth });
    [nodes, reached] = [outer.nodes + nodes, Math.max(outer.reached, reached)];
    return converted;
  };

  return document.contents ? convert(document.contents, 0) : undefined;
};

/**
 * One YAML document as a positioned tree, scalars as PyYAML resolves them. `file` is only named in positions.
 * The tree is undefined for an empty file and after a syntax error; other problems leave a tree that can be checked further.
 */
export const readYaml = (file: string, text: string): { document: Node | undefined; diagnostics: Diagnostic[] } => {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    schema: 'failsafe',
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  const at = (start: number, end: number): Position => {
    const { line, col } = lineCounter.linePos(start);
    const newline = text.indexOf('\n', start);
    const stop = newline === -1 ? end : Math.min(end, newline);
    return { file, line: Math.max(1, line), column: Math.max(1, col), length: Math.max(1, stop - start) };
  };
  const second = document.errors.find((error) => error.code === 'MULTIPLE_DOCS');
  if (second) {
    const message = 'a file holds one YAML document; a second begins here';
    const position = at(...second.pos);
    return { document: undefined, diagnostics: [{ code: 'several-documents', severity: 'error', message, position }] };
  }
  if (document.errors.length > 0)
    return { document: undefined, diagnostics: [...syntaxErrors(document.errors, text, at)] };
  const diagnostics: Diagnostic[] = [];
  return { document: convertDocument(document, text, at, diagnostics), diagnostics };
};
