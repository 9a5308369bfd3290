import { verbatim } from '../../../contract/codecs.ts';
import { combine, file } from '../../../contract/reads.ts';
import { textOf } from '../lines.ts';
import { defaults, isUnclear } from './argument-text.ts';
import { grubEntries, menuVariables, tunedArguments } from './boot-entries.ts';
import { generateMenu, grub2Menu } from './grub-menu.ts';
import { withEdits } from './kept.ts';
import { refusing, type BootLoaderKind } from './loader.ts';
import { nextText, record, recordChange } from './record.ts';

export const defaultsFile = '/etc/default/grub';

/**
 * SUSE, and the RHEL family where entries are no snippets: grub2-mkconfig reads /etc/default/grub alone.
 * Our words stand among those of others there; the record knows what the file was.
 */
export const grub2: BootLoaderKind = combine(
  { menu: grub2Menu, defaults: file(defaultsFile, verbatim), record },
  ({ menu, defaults: settings, record: before }) => {
    if (menu.text === null) return undefined;
    const source = menu.path;
    const others = tunedArguments(source, menuVariables(menu.text ?? ''));
    const common = { source, later: [], others, kept: before.kept };
    if (menu.text === undefined) return { ...common, entries: undefined, write: () => ({ changes: [], finalize: [] }) };
    const text = textOf(settings);
    if (text === null) return refusing(source, `there is no ${defaultsFile}, from which ${source} would be made`);
    if (isUnclear(text))
      return refusing(
        source,
        `${defaultsFile}: GRUB_CMDLINE_LINUX or GRUB_CMDLINE_LINUX_DEFAULT is no plain NAME="words" on one line`,
      );
    return {
      ...common,
      entries: grubEntries(menu.text),
      write: (edits) => {
        const kept = withEdits(before.kept, edits);
        const next = nextText({ path: defaultsFile, kind: defaults, text }, before, kept);
        return {
          changes: [
            recordChange(before, kept, new Map([[next.path, next.former]])),
            { at: { kind: 'file', path: next.path }, before: next.before, after: next.after },
          ],
          finalize: [generateMenu(source, defaultsFile, text, kept)],
        };
      },
    };
  },
);
