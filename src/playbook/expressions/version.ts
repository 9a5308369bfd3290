import { badValue } from './data.ts';

const operators = new Map<string, (order: number) => boolean>([
  ...['==', '=', 'eq'].map((name) => [name, (order: number) => order === 0] as const),
  ...['!=', '<>', 'ne'].map((name) => [name, (order: number) => order !== 0] as const),
  ...['<', 'lt'].map((name) => [name, (order: number) => order < 0] as const),
  ...['<=', 'le'].map((name) => [name, (order: number) => order <= 0] as const),
  ...['>', 'gt'].map((name) => [name, (order: number) => order > 0] as const),
  ...['>=', 'ge'].map((name) => [name, (order: number) => order >= 0] as const),
]);

type Parts = readonly (string | number)[];

const orderOf = (left: Parts, right: Parts): number => {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [first, second] = [left[index]!, right[index]!];
    if (first === second) continue;
    if (typeof first !== typeof second)
      throw badValue(`versions with '${first}' and '${second}' at the same place have no order`);
    return first < second ? -1 : 1;
  }
  return left.length - right.length;
};

/** distutils' LooseVersion: numbers as numbers, words as words. */
const loose = (version: string): Parts =>
  (version.match(/\d+|[a-z]+|[^\d.a-z]+/g) ?? []).map((part) => (/^\d/.test(part) ? Number(part) : part));
const orderLoose = (left: string, right: string): number => orderOf(loose(left), loose(right));

/** Versions with a pre-release are before those without. */
const orderPrereleases = (left: Parts, right: Parts): number => {
  if (left.length === 0 || right.length === 0) return Number(left.length === 0) - Number(right.length === 0);
  return orderOf(left, right);
};

/** distutils' StrictVersion: two or three numbers, perhaps with `a1` or `b2` after them. */
const orderStrict = (left: string, right: string): number => {
  const [first, second] = [left, right].map((version) => {
    const match = /^(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?$/.exec(version);
    if (!match) throw badValue(`'${version}' is no strict version`, 'write 1.2, 1.2.3 or 1.2a3');
    const [, major, minor, patch = '0', letter, number] = match;
    return {
      release: [Number(major), Number(minor), Number(patch)],
      prerelease: letter === undefined ? [] : [letter, Number(number)],
    };
  });
  return orderOf(first!.release, second!.release) || orderPrereleases(first!.prerelease, second!.prerelease);
};

/** Rule: semver.org, 2.0.0, item 11: numbers before words, fewer parts before more. */
const orderSemantic = (left: string, right: string): number => {
  const [first, second] = [left, right].map((version) => {
    const match =
      /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/.exec(
        version,
      );
    if (!match) throw badValue(`'${version}' is no semantic version`, 'write 1.2.3 or 1.2.3-rc.1');
    const [, major, minor, patch, prerelease] = match;
    return {
      release: [Number(major), Number(minor), Number(patch)],
      // Numbers are put before words of the same place.
      prerelease: (prerelease?.split('.') ?? []).flatMap((part) =>
        /^\d+$/.test(part) ? [0, Number(part)] : [1, part],
      ),
    };
  });
  return orderOf(first!.release, second!.release) || orderPrereleases(first!.prerelease, second!.prerelease);
};

const kinds: ReadonlyMap<string, (left: string, right: string) => number> = new Map([
  ['loose', orderLoose],
  ['strict', orderStrict],
  ['semver', orderSemantic],
  ['semantic', orderSemantic],
]);

/** Versions as Ansible's `version` test orders them; `kind` is its `version_type`. Throws ExpressionError on what is no version. */
export const compareVersions = (left: string, operator: string, right: string, kind = 'loose'): boolean => {
  const holds = operators.get(operator);
  if (!holds)
    throw badValue(`'${operator}' is no comparison of versions`, `use one of ${[...operators.keys()].join(', ')}`);
  const compare = kinds.get(kind);
  if (!compare) throw badValue(`there is no version_type '${kind}'`, `there are ${[...kinds.keys()].join(', ')}`);
  if (left === '' || right === '') throw badValue('an empty text is no version');
  return holds(compare(left, right));
};
