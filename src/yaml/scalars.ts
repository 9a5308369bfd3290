/** What a plain scalar may mean. */
export type Scalar = null | boolean | number | string;

const nullWord = /^(?:~|null|Null|NULL|)$/;
const booleanWord = /^(?:(yes|Yes|YES|true|True|TRUE|on|On|ON)|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const integerText =
  /^[-+]?(?:0b_*[01][01_]*|0[0-7_]+|0|[1-9][0-9_]*|0x_*[0-9a-fA-F][0-9a-fA-F_]*|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const floatText =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

const sexagesimal = (text: string): number => text.split(':').reduce((total, part) => total * 60 + Number(part), 0);

/** An integer beyond what a double holds exactly stays text: its digits matter more than its type. */
const toInteger = (source: string): number | string => {
  const digits = source.replaceAll('_', '').replace(/^[-+]/, '');
  const sign = source.startsWith('-') ? -1 : 1;
  if (digits.includes(':')) return sign * sexagesimal(digits);
  const spelled = /^0[0-7]/.test(digits) ? `0o${digits}` : digits;
  const value = sign * Number(spelled);
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  return `${sign < 0 ? '-' : ''}${BigInt(spelled)}`;
};

const toFloat = (source: string): number => {
  const digits = source.replaceAll('_', '').toLowerCase().replace(/^[-+]/, '');
  const sign = source.startsWith('-') ? -1 : 1;
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY;
  if (digits === '.nan') return Number.NaN;
  return sign * (digits.includes(':') ? sexagesimal(digits) : Number(digits));
};

/** How a scalar begins that may be more than text. */
const begins = /^(?:[-+.~0-9nNyYtTfFoO]|$)/;

/**
 * The value of a plain scalar as PyYAML's SafeLoader, and so Ansible, resolves it. Timestamps stay text, as do integers
 * that a double cannot hold. Rule: PyYAML lib/yaml/resolver.py and constructor.py.
 */
export const resolvePlain = (source: string): Scalar => {
  if (!begins.test(source)) return source;
  if (nullWord.test(source)) return null;
  const word = booleanWord.exec(source);
  if (word) return word[1] !== undefined;
  if (integerText.test(source)) return toInteger(source);
  if (floatText.test(source)) return toFloat(source);
  return source;
};

/** YAML 1.2's core schema (section 10.3.2), only to tell where it differs. */
const resolveCore = (source: string): Scalar => {
  if (nullWord.test(source)) return null;
  if (/^(?:true|True|TRUE)$/.test(source)) return true;
  if (/^(?:false|False|FALSE)$/.test(source)) return false;
  if (/^[-+]?[0-9]+$/.test(source))
    return Number.isSafeInteger(Number(source)) ? Number(source) : BigInt(source).toString();
  if (/^0o[0-7]+$|^0x[0-9a-fA-F]+$/.test(source)) return Number(source);
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(source)) return Number(source);
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(source)) return source.startsWith('-') ? -Infinity : Infinity;
  if (/^\.(?:nan|NaN|NAN)$/.test(source)) return Number.NaN;
  return source;
};

/** Whether YAML 1.1 and 1.2 readers take a plain scalar for different values: `on`, `0644`, `22:22`, `1e3`. */
export const isAmbiguous = (source: string): boolean => {
  if (!begins.test(source)) return false;
  const core = resolveCore(source);
  const plain = resolvePlain(source);
  return !(core === plain || Object.is(core, plain));
};
