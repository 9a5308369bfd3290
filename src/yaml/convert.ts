import type { DiagnosticCode } from '../diagnostics.ts';
import { COLLECTION_STYLE, EVENT_ID, getScalarValue, SCALAR_STYLE } from 'js-yaml';
import type { AliasEvent, DocumentEvent, Event, MappingEvent, PopEvent, ScalarEvent, SequenceEvent } from 'js-yaml';
import type { Diagnostic, Position } from '../diagnostics.ts';
import { aliasLimits, aliasProblems, createAnchors } from './anchors.ts';
import type { AliasProblem } from './anchors.ts';
import type { Entry, MapNode, Node, ScalarNode, SequenceNode } from './nodes.ts';
import type { Locate } from './positions.ts';
import { isAmbiguous, resolvePlain } from './scalars.ts';
import { unquotedTemplate } from './syntax.ts';
import { scalarTags, tagOf, unsupportedTag } from './tags.ts';

const pollution = new Set(['__proto__', 'constructor', 'prototype']);

const styles = {
  [SCALAR_STYLE.PLAIN]: 'plain',
  [SCALAR_STYLE.SINGLE_QUOTED]: 'quoted',
  [SCALAR_STYLE.DOUBLE_QUOTED]: 'quoted',
  [SCALAR_STYLE.LITERAL_BLOCK]: 'block',
  [SCALAR_STYLE.FOLDED_BLOCK]: 'block',
} as const;

const isMissing = (event: Event): boolean => event.type === EVENT_ID.SCALAR && event.valueStart === -1;

/** What may stand before a dash or colon, and before a closing bracket. */
const filler = /[\s,]*(?:#.*)?/y;
const flowFiller = /[\s,:?]*(?:#.*)?/y;

/**
 * The events of one document as a tree of ours; `locate` gives the places in `text`.
 * Problems are pushed onto `diagnostics` and the rest is still read.
 */
export const convertEvents = (
  events: readonly Event[],
  text: string,
  locate: Locate,
  diagnostics: Diagnostic[],
): Node => {
  const anchors = createAnchors();
  const exceeded = new Set<AliasProblem>();
  /** The first event is the document's own. */
  let next = 1;
  /** Where that which was read last ends. */
  let end = 0;
  /** The line on which the last key or value of a block map ends. */
  let lastLine = 0;

  const problem = (code: DiagnosticCode, message: string, position: Position, hint?: string): void => {
    diagnostics.push({ code, severity: 'error', message, position, ...(hint && { hint }) });
  };

  const skip = (skipped: RegExp): void => {
    for (let start = -1; start !== end; end = skipped.lastIndex) {
      start = end;
      skipped.lastIndex = start;
      skipped.test(text);
    }
  };
  /** The dash or colon whose item or key is missing. */
  const nextMark = (): Position => {
    skip(filler);
    return locate(end, ++end);
  };

  /** Where a scalar stands, with its quotes or its block's indicator; where a missing one could stand. */
  const spanOf = ({ style, valueStart, valueEnd, anchorEnd, tagEnd }: ScalarEvent): Position => {
    end = Math.max(end, anchorEnd, tagEnd);
    if (valueStart === -1) return locate(end, end);
    const quote = styles[style] === 'quoted' ? 1 : 0;
    let start = valueStart - quote;
    if (styles[style] === 'block') {
      const line = Math.max(end, text.lastIndexOf('\n', valueStart - 2) + 1);
      start = line + Math.max(0, text.slice(line, valueStart).search(/[|>]/));
    }
    end = valueEnd + quote;
    return locate(start, end);
  };

  const scalar = (event: ScalarEvent): ScalarNode => {
    const tag = tagOf(event, text);
    const isOfType = tag === undefined ? undefined : scalarTags.get(tag);
    if (tag !== undefined && !isOfType) diagnostics.push(unsupportedTag(tag, event, locate));
    const position = spanOf(event);
    const source = getScalarValue(text, event);
    const style = styles[event.style];
    const isText = isOfType ? tag === '!!str' : style !== 'plain';
    const value = isText ? source : resolvePlain(source);
    if (isOfType?.(value) === false) problem('bad-tag', `"${source}" is not of the type ${tag}`, position);
    const ambiguous = style === 'plain' && tag === undefined && isAmbiguous(source);
    return { kind: 'scalar', value, source, style, ...(ambiguous && { ambiguous }), position };
  };

  const alias = ({ anchorStart, anchorEnd }: AliasEvent, depth: number): Node => {
    const position = locate(anchorStart - 1, anchorEnd);
    end = anchorEnd;
    const name = text.slice(anchorStart, anchorEnd);
    const target = anchors.follow(name, depth);
    if (typeof target !== 'string') return target;
    if (!exceeded.has(target)) problem(target, aliasProblems[target](name), position);
    if (aliasLimits.has(target)) exceeded.add(target);
    return { kind: 'scalar', value: null, source: '', style: 'plain', position };
  };

  /** A key and its place; the key is undefined where it cannot be one. */
  const readKey = (depth: number): readonly [string | undefined, Position] => {
    const event = events[next]!;
    const node = convert(depth);
    if (isMissing(event)) {
      const position = nextMark();
      problem('empty-key', 'a key is missing before the colon', position);
      return [undefined, position];
    }
    const position = event.type === EVENT_ID.ALIAS ? locate(event.anchorStart - 1, event.anchorEnd) : node.position;
    if (node.kind === 'scalar') {
      if (!pollution.has(node.source)) return [node.source, position];
      problem('reserved-key', `"${node.source}" cannot be a key`, position, 'choose another name');
    } else if (event.type === EVENT_ID.MAPPING && text.startsWith('{{', event.start - 1))
      diagnostics.push(unquotedTemplate({ ...position, column: position.column - 1, length: 2 }));
    else problem('bad-key', 'a key must be a plain word, not a list or map', position);
    return [undefined, position];
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

  const isClosed = (): boolean => {
    if (events[next]!.type !== EVENT_ID.POP) return false;
    next++;
    return true;
  };
  const checkTag = (event: MappingEvent | SequenceEvent, own: string): void => {
    const tag = tagOf(event, text);
    if (tag !== undefined && tag !== own) diagnostics.push(unsupportedTag(tag, event, locate));
  };

  const map = (event: MappingEvent, depth: number): MapNode => {
    checkTag(event, '!!map');
    const isBlock = event.style === COLLECTION_STYLE.BLOCK;
    /** A single pair in a list has none. */
    const hasBraces = !isBlock && text[event.start] === '{';
    end = event.start + (hasBraces ? 1 : 0);
    const own = new Map<string, Entry>();
    let inherited: readonly Entry[] | undefined;
    while (!isClosed()) {
      const keyEvent = events[next]!;
      const [key, keyPosition] = readKey(depth + 1);
      // The parser takes `- "a" b: c` and `a: &x b: c`.
      if (isBlock && key !== undefined && keyPosition.line === lastLine)
        problem('yaml-syntax', 'a key must begin on a line of its own', keyPosition);
      if (isBlock) lastLine = keyPosition.line;
      const converted = convert(depth + 1);
      if (isBlock) lastLine = locate(end - 1, end).line;
      if (key === undefined) continue;
      const value =
        converted.kind === 'scalar' && converted.source === '' ? { ...converted, position: keyPosition } : converted;
      const first = own.get(key);
      if (first) {
        const message = `"${key}" stands twice in this map, first on line ${first.keyPosition.line}`;
        problem('duplicate-key', message, keyPosition);
        continue;
      }
      own.set(key, { key, keyPosition, value });
      if (key === '<<' && keyEvent.type === EVENT_ID.SCALAR && keyEvent.style === SCALAR_STYLE.PLAIN)
        inherited = merged(value);
    }
    if (hasBraces) {
      skip(flowFiller);
      end++;
    }
    const position = locate(event.start, end);
    if (!inherited) return { kind: 'map', entries: [...own.values()], position };
    own.delete('<<');
    const entries = new Map(inherited.map((entry) => [entry.key, entry]));
    for (const [key, entry] of own) entries.set(key, entry);
    return { kind: 'map', entries: [...entries.values()], position };
  };

  const sequence = (event: SequenceEvent, depth: number): SequenceNode => {
    checkTag(event, '!!seq');
    const isFlow = event.style === COLLECTION_STYLE.FLOW;
    end = event.start + (isFlow ? 1 : 0);
    const items: Node[] = [];
    while (!isClosed()) {
      const dash = isMissing(events[next]!) ? nextMark() : undefined;
      const item = convert(depth + 1);
      items.push(dash ? { ...item, position: dash } : item);
    }
    if (isFlow) {
      skip(flowFiller);
      end++;
    }
    return { kind: 'sequence', items, position: locate(event.start, end) };
  };

  const convert = (depth: number): Node => {
    const event = events[next++]! as Exclude<Event, DocumentEvent | PopEvent>;
    if (event.type === EVENT_ID.ALIAS) return alias(event, depth);
    const name = event.anchorStart === -1 ? undefined : text.slice(event.anchorStart, event.anchorEnd);
    return anchors.keep(name, depth, () => {
      if (event.type === EVENT_ID.SCALAR) return scalar(event);
      return event.type === EVENT_ID.MAPPING ? map(event, depth) : sequence(event, depth);
    });
  };

  return convert(0);
};
