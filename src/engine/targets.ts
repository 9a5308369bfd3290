import { memoize } from '../contract/memoize.ts';
import type { Target } from '../contract/steps.ts';

/** What is on disk is the value of the next boot; everything else runs now. */
export const isOnDisk = (target: Target | undefined): boolean =>
  target !== undefined &&
  (['file', 'directory', 'permission', 'entry'].includes(target.kind) ||
    (target.kind === 'unit' && target.aspect !== 'active'));

/** Where a write of this step goes, as one text: two tasks must not want two values for it. */
export const targetKey = memoize((target: Target): string => {
  switch (target.kind) {
    case 'attribute':
    case 'file':
    case 'directory':
      return `${target.kind} ${target.path}`;
    case 'entry': {
      const { path, section, name, word } = target;
      return ['entry', path, ...(section ? [`[${section}]`] : []), name, ...(word === undefined ? [] : [word])].join(
        ' ',
      );
    }
    case 'permission':
      return `${target.aspect} ${target.path}`;
    case 'unit':
      return `unit ${target.name} ${target.aspect}`;
    case 'kernel-module':
    case 'program':
      return `${target.kind} ${target.name}`;
  }
});

/**
 * What a target takes a thing for, by the thing's name: whoever writes a whole file undoes what others do to its lines, and
 * whoever sets a whole value undoes what others do to its words.
 */
export const targetForms = (target: Target, absent: boolean): readonly (readonly [string, string])[] => {
  switch (target.kind) {
    case 'file':
    case 'directory':
      return [[target.path, absent ? 'nothing' : target.kind === 'file' ? 'a whole file' : 'a folder']];
    case 'entry': {
      const { word, ...line } = target;
      return [
        [target.path, 'some lines of a file'],
        [targetKey(line), word === undefined ? 'a whole value' : 'some words of a value'],
      ];
    }
    default:
      return [];
  }
};
