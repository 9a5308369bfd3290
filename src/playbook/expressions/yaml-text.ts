import { badValue, Float, isList, LazyMap, Macro, Undefined } from './data.ts';
import { plainMap, text } from './spelling.ts';
import { escaped, styleOf } from './yaml-scalars.ts';
import type { Datum, DatumMap } from './data.ts';
import type { Budget } from './budget.ts';

export interface YamlLayout {
  readonly indent: number;
  readonly width: number;
  readonly sortsKeys: boolean;
  /** Lists and maps with nothing but scalars in them stand on one line. */
  readonly leavesInFlow: boolean;
}

const isCollection = (datum: Datum): datum is readonly Datum[] | DatumMap | LazyMap =>
  typeof datum === 'object' && datum !== null && !(datum instanceof Float);

/** A YAML document as PyYAML's dump writes it with libyaml. Throws ExpressionError on undefined values. */
export const yamlText = (root: Datum, layout: YamlLayout, budget: Budget): string => {
  const step = layout.indent > 1 && layout.indent < 10 ? layout.indent : 2;
  const width = layout.width > step * 2 ? layout.width : 80;
  let out = '';
  let column = 0;
  let indent = -1;
  let flowLevel = 0;
  /** Nothing but white space stands before the column on this line, or since the last mark. */
  let isSpace = true;
  let isIndention = true;

  const put = (part: string): void => {
    budget.spendText(part.length + 8);
    out += part;
    column += part.length;
  };
  const breakLine = (): void => {
    put('\n');
    column = 0;
    isSpace = true;
    isIndention = true;
  };
  const startLine = (): void => {
    const wanted = Math.max(0, indent);
    if (!isIndention || column > wanted || (column === wanted && !isSpace)) breakLine();
    if (column < wanted) {
      put(' '.repeat(wanted - column));
      isSpace = true;
    }
  };
  const mark = (sign: string, needsSpace: boolean, then: { space?: boolean; indention?: boolean } = {}): void => {
    put(isSpace || !needsSpace ? sign : ` ${sign}`);
    isSpace = then.space ?? false;
    isIndention = isIndention && (then.indention ?? false);
  };
  const within = (change: { readonly isFlow: boolean; readonly isFlat?: boolean }, run: () => void): void => {
    const before = indent;
    if (indent < 0) indent = change.isFlow ? step : 0;
    else if (!change.isFlat) indent += step;
    run();
    indent = before;
  };

  /** Characters one by one; a single space may become a line's end, and a line's end in the text is doubled. */
  const fold = (source: string, spell: (character: string) => string, folds: boolean, breaksDouble: boolean): void => {
    const characters = [...source];
    let wasSpace = false;
    let wasBreak = false;
    for (const [index, character] of characters.entries()) {
      const isInside = index > 0 && index < characters.length - 1;
      if (character === ' ') {
        const breaks = folds && isInside && !wasSpace && column > width;
        if (breaks && (breaksDouble || characters[index + 1] !== ' ')) {
          startLine();
          if (breaksDouble && characters[index + 1] === ' ') put('\\');
        } else put(' ');
        wasSpace = true;
        wasBreak = false;
      } else if (character === '\n' && !breaksDouble) {
        if (!wasBreak) breakLine();
        breakLine();
        wasBreak = true;
      } else {
        if (wasBreak) startLine();
        put(spell(character));
        isIndention = false;
        wasSpace = false;
        wasBreak = false;
      }
    }
    if (wasBreak) startLine();
  };

  const writeScalar = (datum: Datum, isKey: boolean): void => {
    const style = typeof datum === 'string' ? styleOf(datum, flowLevel > 0) : 'plain';
    const source = datum === null ? 'null' : typeof datum === 'boolean' ? String(datum) : text(datum, budget);
    if (style === 'plain') {
      if (!isSpace) put(' ');
      isSpace = false;
      isIndention = false;
      fold(source, (character) => character, !isKey, false);
    } else if (style === 'single' && !(isKey && source.includes('\n'))) {
      mark("'", true);
      fold(source, (character) => (character === "'" ? "''" : character), !isKey, false);
      mark("'", false);
    } else {
      mark('"', true);
      fold(source, escaped, !isKey, true);
      mark('"', false);
    }
    isSpace = false;
    isIndention = false;
  };

  /** Its further lines stand one level deeper. */
  const scalar = (datum: Datum, isKey: boolean): void => within({ isFlow: true }, () => writeScalar(datum, isKey));

  const entriesOf = (map: DatumMap | LazyMap): readonly (readonly [string, Datum])[] => {
    const entries = Object.entries(plainMap(map));
    return layout.sortsKeys ? entries.sort(([left], [right]) => (left < right ? -1 : 1)) : entries;
  };
  const inFlow = (open: string, close: string, items: readonly (() => void)[]): void => {
    mark(open, true, { space: true });
    flowLevel++;
    within({ isFlow: true }, () => {
      for (const [index, item] of items.entries()) {
        if (index > 0) mark(',', false);
        if (column > width) startLine();
        item();
      }
    });
    flowLevel--;
    mark(close, false);
  };

  const node = (datum: Datum, isInMap: boolean): void => {
    budget.spend(1);
    if (datum instanceof Undefined) throw datum.error;
    if (datum instanceof Macro) throw badValue('a macro is no value: call it');
    if (!isCollection(datum)) return scalar(datum, false);
    const entries = isList(datum) ? undefined : entriesOf(datum);
    const values = entries?.map(([, value]) => value) ?? (datum as readonly Datum[]);
    const isFlow =
      flowLevel > 0 || values.length === 0 || (layout.leavesInFlow && !values.some((value) => isCollection(value)));
    const pair = ([key, value]: readonly [string, Datum]): void => {
      scalar(key, true);
      mark(':', false);
      node(value, true);
    };
    if (isFlow && entries)
      inFlow(
        '{',
        '}',
        entries.map((entry) => () => pair(entry)),
      );
    else if (isFlow)
      inFlow(
        '[',
        ']',
        values.map((value) => () => node(value, false)),
      );
    else if (entries)
      within({ isFlow: false }, () => {
        for (const entry of entries) {
          startLine();
          pair(entry);
        }
      });
    else
      within({ isFlow: false, isFlat: isInMap && !isIndention }, () => {
        for (const value of values) {
          startLine();
          mark('-', true, { indention: true });
          node(value, false);
        }
      });
  };

  node(root, false);
  if (column > 0) breakLine();
  return out;
};
