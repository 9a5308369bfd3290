import { verbatim } from '../../../contract/codecs.ts';
import { kernelWords } from '../../../contract/kernel-line.ts';
import { combine, file, files, valueOf } from '../../../contract/reads.ts';
import { textOf } from '../lines.ts';
import type { StoreEdits, StoreWrite } from '../store.ts';
import { wordsOfGroups } from './argument-line.ts';
import { environmentText, lineText, setsArguments, snippetDefaults, snippetText } from './argument-text.ts';
import {
  environmentVariables,
  menuVariables,
  snippetEntry,
  snippetField,
  tunedArguments,
  type BootEntry,
} from './boot-entries.ts';
import { grub2Menu } from './grub-menu.ts';
import { defaultsFile } from './grub2.ts';
import { withEdits, type KeptArguments } from './kept.ts';
import type { BootLoaderKind } from './loader.ts';
import { nextText, record, recordChange, type KeptRecord, type NextText, type Place } from './record.ts';
import grubbyScript from './grubby.sh?raw';

const folder = '/boot/loader/entries';
const commandLine = '/etc/kernel/cmdline';

interface Snippet {
  readonly path: string;
  readonly text: string;
  readonly entry: BootEntry;
}

/** Other systems on the same disks keep their entries in the same folder: they start another root file system. */
const ofThisSystem = (snippets: readonly Snippet[], running: string | undefined): readonly Snippet[] => {
  const rootOf = (words: BootEntry['words']): string | undefined => words.find(({ name }) => name === 'root')?.word;
  const root = rootOf(kernelWords(running ?? ''));
  const own = snippets.filter(({ entry }) => root !== undefined && rootOf(entry.words) === root);
  return own.length > 0 ? own : snippets;
};

const optionsOf = (text: string): string => snippetField(text, 'options').trim();
const usesVariable = (text: string): boolean => /\$\{?kernelopts\b/.test(optionsOf(text));

/**
 * What a kernel that is installed before the next boot takes where there is no /etc/kernel/cmdline: the running line, without ours
 * (kernel-install(8)). So the line of the entry that boots next is put there, as later versions of grubby do.
 */
const newCommandLine = (
  snippets: readonly Snippet[],
  texts: readonly NextText[],
  saved: string | undefined,
): string | null => {
  const normal = snippets.filter(({ entry }) => !entry.recovery);
  if (normal.some(({ text }) => usesVariable(text))) return null;
  const chosen = normal.find(({ path }) => path === `${folder}/${saved ?? ''}.conf`) ?? normal.at(-1);
  const next = texts.find(({ path }) => path === chosen?.path)?.after;
  return next ? `${optionsOf(next)}\n` : null;
};

/** What becomes of /etc/kernel/cmdline; undefined: it is edited as any other file. */
const ownCommandLine = (
  { snippets, saved, before }: Found,
  texts: readonly NextText[],
  isLast: boolean,
): NextText | undefined => {
  const line = texts.find(({ path }) => path === commandLine);
  const common = { path: commandLine, former: null };
  if (!line) return { ...common, before: null, after: isLast ? null : newCommandLine(snippets, texts, saved) };
  const isOurs =
    before.former.get(commandLine) === null && snippets.some(({ text }) => optionsOf(text) === line.before?.trim());
  return isOurs ? { ...common, before: line.before, after: isLast ? null : line.after } : undefined;
};

interface Found {
  /** Of this system. */
  readonly snippets: readonly Snippet[];
  readonly places: readonly Place[];
  /** grubby may edit them, and shall not. */
  readonly fixed: readonly Snippet[];
  readonly saved: string | undefined;
  readonly before: KeptRecord;
}

const stated = (text: string | null): readonly string[] => (text === null ? ['absent', ''] : ['present', text]);

const write = (found: Found, edits: StoreEdits): StoreWrite => {
  const { before, snippets } = found;
  const kept = withEdits(before.kept, edits);
  const edited = found.places.map((place) => nextText(place, before, kept));
  const line = ownCommandLine(found, edited, kept.size === 0);
  const texts = line ? [...edited.filter(({ path }) => path !== commandLine), line] : edited;
  const groups = new Set(edits.keys());
  const spelled = snippets
    .flatMap(({ entry }) => wordsOfGroups(entry.words, groups))
    .map((word) => word.split('=', 1)[0]!);
  const added = [...edits.values()].flatMap((entry) => entry?.value ?? []);
  const files = [...texts, ...found.fixed.map(({ path, text }) => ({ path, before: text, after: text }))];
  return {
    changes: [recordChange(before, kept, new Map(texts.map(({ path, former }) => [path, former])))],
    finalize: [
      {
        op: 'function',
        script: grubbyScript,
        name: 'pp_grubby',
        args: [
          [...new Set(spelled)].join(' '),
          added.join(' '),
          ...files.flatMap((one) => [one.path, ...stated(one.before), ...stated(one.after)]),
        ],
      },
    ],
  };
};

const forRescue = (kept: KeptArguments): KeptArguments => new Map([...kept].filter(([, { recovery }]) => recovery));

const placeOf = ({ path, text, entry }: Snippet): Place => ({
  path,
  text,
  kind: snippetText,
  ...(entry.recovery && { part: forRescue }),
});

/** What kernels take that are installed later, and what grub2-mkconfig gives all entries (before EL 9.3, or when asked to). */
const laterPlaces = (line: string | null, settings: string | null): readonly Place[] => [
  ...(line === null ? [] : [{ path: commandLine, text: line, kind: lineText }]),
  ...(settings !== null && setsArguments(settings)
    ? [{ path: defaultsFile, text: settings, kind: snippetDefaults }]
    : []),
];

/** The RHEL family: snippets of the Boot Loader Specification, edited by grubby(8), and what later kernels take. */
export const grubby: BootLoaderKind = combine(
  {
    menu: grub2Menu,
    snippets: files(`${folder}/*.conf`, verbatim),
    running: file('/proc/cmdline', verbatim),
    commandLine: file(commandLine, verbatim),
    defaults: file(defaultsFile, verbatim),
    record,
  },
  (seen) => {
    const { menu, record: before } = seen;
    const isUsed =
      menu.text === null ? menu.environment !== null : /^\s*(?:insmod\s+)?blscfg\b/m.test(menu.text ?? 'blscfg');
    if (seen.snippets.size === 0 || !isUsed) return undefined;
    const environment = environmentVariables(menu.environment ?? '');
    const variables = new Map([...menuVariables(menu.text ?? ''), ...environment]);
    const all = [...seen.snippets].map(([path, reading]): Snippet => {
      const text = valueOf(reading) ?? '';
      return { path, text, entry: snippetEntry(text, variables) };
    });
    const snippets = ofThisSystem(all, valueOf(seen.running));
    const isReadable = [...seen.snippets.values()].every((snippet) => 'value' in snippet);

    const hasVariable = environment.has('kernelopts');
    const isByVariable = ({ text }: Snippet): boolean => hasVariable && usesVariable(text);
    const later = laterPlaces(textOf(seen.commandLine), textOf(seen.defaults));
    const places: readonly Place[] = [
      ...snippets.filter((snippet) => !isByVariable(snippet)).map(placeOf),
      ...(hasVariable ? [{ path: menu.environmentPath, text: menu.environment!, kind: environmentText }] : []),
      ...later,
    ];
    const fixed = all.filter((snippet) => !snippets.includes(snippet) || isByVariable(snippet));
    const found = { snippets, places, fixed, saved: environment.get('saved_entry'), before };
    return {
      source: folder,
      entries: isReadable ? snippets.map(({ entry }) => entry) : undefined,
      later: later.map(({ path, kind, text }) => ({ from: path, words: kind.words(text) })),
      others: tunedArguments(menu.environmentPath, variables),
      kept: before.kept,
      write: (edits) => write(found, edits),
    };
  },
);
