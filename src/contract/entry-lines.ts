/** Editing of text files that are a set of named lines: what the formats have in common. */

export interface Assignment {
  readonly name: string;
  /** Everything before the value, and what a new line's would be for another name. */
  readonly head: string;
  readonly headOf: (name: string) => string;
  readonly value: string;
  /** False where the value goes on in the next line. */
  readonly whole: boolean;
}

/** How one format spells its lines. */
export interface Dialect {
  readonly assignment: (line: string) => Assignment | undefined;
  readonly comment: RegExp;
  /** `[name]` lines part the file. */
  readonly sections: boolean;
  readonly spell: (value: string) => string;
  /** The beginning of a line for a name, in a file that shows no style of its own. */
  readonly head: (name: string) => string;
  /** New lines go to the end of the file, whatever stands there: what is read is what a shell has run last. */
  readonly atEnd: boolean;
}

/** Which line is meant: its name, and the section (empty: before the first). */
export interface EntryName {
  readonly name: string;
  readonly section?: string;
}

interface Line {
  readonly text: string;
  /** The end of the line, empty in a last line without one. */
  readonly end: string;
  readonly section: string;
  readonly kind: 'header' | 'comment' | 'blank' | 'other';
  /** Its end is escaped: the next line belongs to it. */
  readonly continues: boolean;
  readonly assignment: Assignment | undefined;
}

const header = /^[ \t]*\[([^\n]*?)\][ \t]*([#;].*)?$/;

const endsEscaped = (text: string): boolean => {
  let at = text.length;
  while (at > 0 && text[at - 1] === '\\') at--;
  return (text.length - at) % 2 === 1;
};

const indentOf = (text: string): number => text.length - text.trimStart().length;

const readLines = (raw: string, dialect: Dialect): readonly Line[] => {
  let section = '';
  let inside = false;
  return (raw.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((full) => {
    const end = full.endsWith('\r\n') ? '\r\n' : full.endsWith('\n') ? '\n' : '';
    const text = full.slice(0, full.length - end.length);
    const named = dialect.sections && !inside ? header.exec(text)?.[1]?.trim() : undefined;
    const kind =
      named !== undefined
        ? 'header'
        : inside
          ? 'other'
          : dialect.comment.test(text)
            ? 'comment'
            : text.trim() === ''
              ? 'blank'
              : 'other';
    section = named ?? section;
    const assignment = kind === 'other' && !inside ? dialect.assignment(text) : undefined;
    inside = kind === 'other' && endsEscaped(text);
    return { text, end, section, kind, continues: inside, assignment };
  });
};

interface Known {
  readonly raw: string;
  readonly lines: readonly Line[];
}
const last = new WeakMap<Dialect, Known>();

/** A text is asked for each of its names, one after the other; so what was read last is remembered. */
const linesOf = (raw: string, dialect: Dialect): readonly Line[] => {
  const known = last.get(dialect);
  if (known?.raw === raw) return known.lines;
  const lines = readLines(raw, dialect);
  last.set(dialect, { raw, lines });
  return lines;
};

/** Rule: configparser of Python; a line that is set in further than the one before goes on with its value. */
const goesOn = (lines: readonly Line[], index: number): boolean => {
  const [line, next] = [lines[index]!, lines[index + 1]];
  if (line.continues || line.assignment?.whole === false) return true;
  return next?.kind === 'other' && !next.assignment && indentOf(next.text) > indentOf(line.text);
};

const ownIndexes = (lines: readonly Line[], { name, section = '' }: EntryName, dialect: Dialect): readonly number[] =>
  lines.flatMap((line, index) =>
    line.assignment?.name === name && (!dialect.sections || line.section === section) ? [index] : [],
  );

/** Every line that assigns the name, in the order of the file: the last one counts. */
export const placesIn = (
  raw: string,
  entry: EntryName,
  dialect: Dialect,
): readonly { readonly line: number; readonly value: string; readonly whole: boolean }[] => {
  const lines = linesOf(raw, dialect);
  return ownIndexes(lines, entry, dialect).map((index) => ({
    line: index + 1,
    value: lines[index]!.assignment!.value,
    whole: !goesOn(lines, index),
  }));
};

/** The last value of each name, sections aside. */
export const valuesIn = (raw: string, dialect: Dialect): ReadonlyMap<string, string> =>
  new Map(linesOf(raw, dialect).flatMap(({ assignment }) => (assignment ? [[assignment.name, assignment.value]] : [])));

/** `#Key=1` is how a file shows its defaults; `# Key = 1` may be one, or a sentence. */
const defaultsOf = (lines: readonly Line[], name: string, dialect: Dialect): readonly Line[] => {
  const named = lines.filter(
    ({ kind, text }) =>
      kind === 'comment' && dialect.assignment(text.trimStart().replace(/^[#;]+[ \t]*/, ''))?.name === name,
  );
  const tight = named.filter(({ text }) => /^[ \t]*[#;]+[^ \t#;]/.test(text));
  return tight.length > 0 ? tight : named;
};

/** Where a block's own lines end: blank lines, and the comment above the next section's header, are not its own. */
const endOf = (lines: readonly Line[], start: number, end: number): number => {
  const withoutBlanks = (from: number): number => {
    let at = from;
    while (at > start && lines[at - 1]!.kind === 'blank') at--;
    return at;
  };
  if (lines[end]?.kind === 'header') {
    let comment = end;
    while (comment > start && lines[comment - 1]!.kind === 'comment') comment--;
    if (comment > start && comment < end && lines[comment - 1]!.kind === 'blank') return withoutBlanks(comment);
  }
  return withoutBlanks(end);
};

const join = (lines: readonly Pick<Line, 'text' | 'end'>[]): string =>
  lines.map(({ text, end }) => text + end).join('');

/** New lines before the one at `at`, which begin and end with the file's own line ends. */
const insert = (lines: readonly Line[], at: number, texts: readonly string[]): string => {
  const end = lines[at - 1]?.end || lines[0]?.end || '\n';
  const before = lines.slice(0, at).map((line) => (line.end === '' ? { ...line, end } : line));
  const escape = lines[at - 1]?.continues ? [''] : [];
  return join([...before, ...[...escape, ...texts].map((text) => ({ text, end })), ...lines.slice(at)]);
};

const written = (head: string, spelled: string): string => (spelled === '' ? head.trimEnd() : head + spelled);

const add = (lines: readonly Line[], { name, section = '' }: EntryName, value: string, dialect: Dialect): string => {
  const spelled = dialect.spell(value);
  if (dialect.atEnd) return insert(lines, lines.length, [dialect.head(name) + spelled]);

  const inside = lines.filter((line) => !dialect.sections || line.section === section);
  const lastOf = (some: readonly Line[]): Assignment | undefined =>
    some.findLast(({ assignment }) => assignment)?.assignment;
  const shown = defaultsOf(inside, name, dialect).at(-1);
  const style =
    lastOf(inside) ??
    (shown && dialect.assignment(shown.text.trimStart().replace(/^[#;]+[ \t]*/, ''))) ??
    lastOf(lines);
  const text = written(style?.headOf(name) ?? dialect.head(name), spelled);
  if (shown) return insert(lines, lines.indexOf(shown) + 1, [text]);

  const last = inside.at(-1);
  if (!last && section !== '') {
    const gap = lines.length > 0 && lines.at(-1)!.kind !== 'blank' ? [''] : [];
    return insert(lines, lines.length, [...gap, `[${section}]`, text]);
  }
  const end = last ? lines.indexOf(last) + 1 : 0;
  const start = lines.slice(0, end).findLastIndex((line) => dialect.sections && line.section !== section) + 1;
  return insert(lines, endOf(lines, start, end), [text]);
};

/**
 * The text with the value in the last line that assigns the name, or in a new line; null takes every such line away.
 * Everything else stays byte for byte.
 */
export const withValue = (raw: string, entry: EntryName, value: string | null, dialect: Dialect): string => {
  const lines = linesOf(raw, dialect);
  const own = ownIndexes(lines, entry, dialect);
  if (value === null) {
    const gone = new Set(own);
    return join(lines.filter((_, index) => !gone.has(index)));
  }
  const last = own.at(-1);
  if (last === undefined) return add(lines, entry, value, dialect);
  const line = lines[last]!;
  const { head, value: now } = line.assignment!;
  return now === value ? raw : join(lines.with(last, { ...line, text: written(head, dialect.spell(value)) }));
};
