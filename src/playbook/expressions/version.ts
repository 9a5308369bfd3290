import { badValue } from './data.ts';

const operators = new Map<string, (order: number) => boolean>([
  ...['==', '=', 'eq'].map((name) => [name, (order: number) => order === 0] as const),
  ...['!=', '<>', 'ne'].map((name) => [name, (order: number) => order !== 0] as const),
  ...['<', 'lt'].map((name) => [name, (order: number) => order < 0] as const),
  ...['<=', 'le'].map((name) => [name, (order: number) => order <= 0] as const),
  ...['>', 'gt'].map((name) => [name, (order: number) => order > 0] as const),
  ...['>=', 'ge'].map((name) => [name, (order: number) => order >= 0] as const),
]);

const componentsOf = (version: string): readonly (string | number)[] =>
  (version.match(/\d+|[a-z]+|[^\d.a-z]+/g) ?? []).map((part) => (/^\d/.test(part) ? Number(part) : part));

const orderOf = (left: readonly (string | number)[], right: readonly (string | number)[]): number => {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [first, second] = [left[index]!, right[index]!];
    if (first === second) continue;
    if (typeof first !== typeof second)
      throw badValue(`versions with '${first}' and '${second}' at the same place have no order`);
    return first < second ? -1 : 1;
  }
  return left.length - right.length;
};

/** Versions as Ansible's `version` test orders them (distutils' LooseVersion): numbers as numbers, words as words. */
export const compareVersions = (left: string, operator: string, right: string): boolean => {
  const holds = operators.get(operator);
  if (!holds)
    throw badValue(`'${operator}' is no comparison of versions`, `use one of ${[...operators.keys()].join(', ')}`);
  if (left === '' || right === '') throw badValue('an empty text is no version');
  return holds(orderOf(componentsOf(left), componentsOf(right)));
};
