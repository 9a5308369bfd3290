import { InputError } from '../../diagnostics.ts';
import { readYaml } from '../../yaml/document.ts';
import { ExpressionError } from '../expressions/errors.ts';
import { hasTemplate, render } from '../expressions/render.ts';
import type { AnyModule } from '../../contract/module.ts';
import type { Diagnostic, Position } from '../../diagnostics.ts';
import type { Variable } from '../../inventory/types.ts';
import type { MapNode, Node } from '../../yaml/document.ts';
import type { Word } from './fields.ts';
import type { Problems } from '../problems.ts';

/** A file that was read. `document`: undefined for an empty one. */
export interface ReadFile {
  readonly file: string;
  readonly document: Node | undefined;
}

/** What all reading for a site shares. */
export interface Reading {
  readonly modules: ReadonlyMap<string, AnyModule>;
  readonly problems: Problems;
  /** A YAML file. Undefined, and reported, where it cannot be read or is no YAML. */
  readonly open: (file: string, from: Position | undefined) => ReadFile | undefined;
  /** The first of these files that exists; undefined where none does, `unusable` where it cannot be used, which is reported. */
  readonly openFirst: (files: readonly string[], from: Position | undefined) => ReadFile | 'unusable' | undefined;
  /** Every file read so far, in the order of reading. */
  readonly files: readonly string[];
  /**
   * A text that is wanted before anything is known of a host: its templates know what -e gives. Undefined, and reported,
   * where they need more.
   */
  readonly fixed: (word: Word, what: string) => string | undefined;
}

export interface ReadingOptions {
  readonly modules: ReadonlyMap<string, AnyModule>;
  readonly problems: Problems;
  /** Gives a file's text; throws InputError. */
  readonly sources: { readonly read: (file: string, position?: Position) => string };
  readonly extraVars: ReadonlyMap<string, Variable>;
}

/** More files than this are an import that multiplies itself. */
const mostFiles = 10_000;

const vault = (file: string): Diagnostic => ({
  code: 'unsupported-vault',
  severity: 'error',
  message: 'files encrypted by ansible-vault are not supported',
  position: { file, line: 1, column: 1 },
  hint: 'keep secrets out of the file: give them with -e @file, or ask for them with -K',
});

const isMissing = (error: InputError): boolean => error.diagnostics.every(({ code }) => code === 'missing-file');

export const createReading = ({ modules, problems, sources, extraVars }: ReadingOptions): Reading => {
  const known = new Map<string, ReadFile | undefined>();
  let opened = 0;

  /** Throws InputError where there is no such file. */
  const load = (file: string, from: Position | undefined): ReadFile | undefined => {
    const text = sources.read(file, from);
    if (text.startsWith('$ANSIBLE_VAULT;')) {
      problems.add([vault(file)]);
      return undefined;
    }
    const { document, diagnostics } = readYaml(file, text);
    problems.add(diagnostics);
    return document === undefined && diagnostics.length > 0 ? undefined : { file, document };
  };

  const get = (file: string, from: Position | undefined): ReadFile | undefined => {
    if (++opened > mostFiles) {
      if (opened === mostFiles + 1)
        problems.error(
          'too-many-files',
          `more than ${mostFiles} files are imported`,
          from,
          'an import multiplies itself',
        );
      return undefined;
    }
    if (!known.has(file)) known.set(file, load(file, from));
    return known.get(file);
  };

  return {
    modules,
    problems,
    get files() {
      return [...known.keys()];
    },
    open: (file, from) => {
      try {
        return get(file, from);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        problems.add(error.diagnostics);
        return undefined;
      }
    },
    openFirst: (files, from) => {
      for (const file of files)
        try {
          return get(file, from) ?? 'unusable';
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          if (isMissing(error)) continue;
          problems.add(error.diagnostics);
          return 'unusable';
        }
      return undefined;
    },
    fixed: ({ text, position }, what) => {
      if (!hasTemplate(text)) return text;
      try {
        const get = (name: string) =>
          extraVars.get(name) && ({ kind: 'variable', value: extraVars.get(name)!.value } as const);
        return String(render(text, { get, names: () => extraVars.keys() }));
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        const hint = `${what} must be known before any host is: templates in it know the variables given with -e`;
        problems.error(error.code, error.message, position, hint);
        return undefined;
      }
    },
  };
};

/** The maps of a file that is a list of them: plays, or tasks. `what` names one of them. */
export const mapsOf = ({ document }: ReadFile, what: string, hint: string, problems: Problems): readonly MapNode[] => {
  if (document === undefined || (document.kind === 'scalar' && document.value === null)) return [];
  if (document.kind !== 'sequence') {
    const kind = document.kind === 'map' ? 'a map' : 'a single value';
    problems.error('wrong-type', `this must be a list of ${what}s, not ${kind}`, document.position, hint);
    return [];
  }
  return document.items.filter((item): item is MapNode => {
    if (item.kind !== 'map') problems.error('wrong-type', `a ${what} is a map of keys and values`, item.position, hint);
    return item.kind === 'map';
  });
};
