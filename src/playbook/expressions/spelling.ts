import { badValue, Blank, Float, isList, isMap, LazyMap, Macro, mapOf, Tuple, Undefined } from './data.ts';
import type { Datum, DatumMap } from './data.ts';
import type { Budget } from './budget.ts';

/** A float as Python's repr: shortest digits, an exponent below 1e-4 and from 1e16 on. */
const floatText = (value: number): string => {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16))
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  return Number.isInteger(value) ? `${Object.is(value, -0) ? '-0' : value}.0` : String(value);
};

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
const control = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** Text in the quotes that Python's repr chooses. */
const quoted = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // oxlint-disable-next-line no-control-regex -- control characters are what is escaped
  const body = text.replace(/[\\\x00-\x1f\x7f]/g, (character) => escapes[character] ?? control(character));
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote;
};

/** What `str()` of Python gives, which is what Jinja puts into text: `True`, `None`, `2.0`, `['a', 1]`. Throws on undefined. */
export const text = (datum: Datum, budget: Budget): string => {
  if (datum instanceof Blank) return '';
  if (typeof datum !== 'string') return repr(datum, budget);
  budget.spendText(datum.length);
  return datum;
};

/** What `repr()` gives: as `text`, but a text in quotes. */
export const repr = (datum: Datum, budget: Budget): string => {
  budget.spend(1);
  if (datum instanceof Undefined) throw datum.error;
  if (datum === null) return 'None';
  if (typeof datum === 'boolean') return datum ? 'True' : 'False';
  if (typeof datum === 'number') return Number.isInteger(datum) ? String(datum) : floatText(datum);
  if (datum instanceof Float) return floatText(datum.value);
  if (typeof datum === 'string') {
    budget.spendText(datum.length);
    return quoted(datum);
  }
  if (datum instanceof Macro) throw badValue('a macro has no text: call it');
  if (isList(datum)) {
    const items = datum.map((item) => repr(item, budget)).join(', ');
    if (!(datum instanceof Tuple)) return `[${items}]`;
    return datum.length === 1 ? `(${items},)` : `(${items})`;
  }
  const map = plainMap(datum);
  return `{${Object.keys(map)
    .map((key) => `${repr(key, budget)}: ${repr(map[key]!, budget)}`)
    .join(', ')}}`;
};

/** The map itself, or a lazy one with all its values computed. */
export const plainMap = (datum: DatumMap | LazyMap): DatumMap =>
  isMap(datum) ? datum : mapOf((datum as LazyMap).keys.map((key) => [key, (datum as LazyMap).get(key) ?? null]));
