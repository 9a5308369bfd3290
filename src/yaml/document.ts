import { EVENT_ID, parseEvents, YAMLException } from 'js-yaml';
import type { DocumentEvent, Event } from 'js-yaml';
import type { Diagnostic, Position } from '../diagnostics.ts';
import { convertEvents } from './convert.ts';
import type { Node } from './nodes.ts';
import { positionsIn } from './positions.ts';
import type { Locate } from './positions.ts';
import { deepest, explainRefusal, severalDocuments } from './syntax.ts';

export * from './nodes.ts';

/** Where the second document of a text begins, or where the first is said to end before it. */
const secondDocument = (text: string, first: DocumentEvent, locate: Locate): Position => {
  const markers = text.matchAll(/^(?:---|\.\.\.)(?!\S)/gm);
  if (first.explicitStart) markers.next();
  const { index } = markers.next().value ?? { index: 0 };
  return locate(index, index + 3);
};

/**
 * One YAML document as a positioned tree, scalars as PyYAML resolves them. `file` is only named in positions.
 * The tree is undefined for an empty file and after a syntax error; other problems leave a tree that can be checked further.
 */
export const readYaml = (
  file: string,
  text: string,
): { readonly document: Node | undefined; readonly diagnostics: readonly Diagnostic[] } => {
  const locate = positionsIn(file, text);
  let events: Event[];
  try {
    events = parseEvents(text, { maxDepth: deepest + 1 });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { document: undefined, diagnostics: explainRefusal(error, text, locate) };
  }
  const [first, ...others] = events.filter((event) => event.type === EVENT_ID.DOCUMENT);
  if (first === undefined) return { document: undefined, diagnostics: [] };
  if (others.length > 0)
    return { document: undefined, diagnostics: [severalDocuments(secondDocument(text, first, locate))] };
  const diagnostics: Diagnostic[] = [];
  return { document: convertEvents(events, text, locate, diagnostics), diagnostics };
};
