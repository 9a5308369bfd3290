import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { globToRegExp } from '../../contract/glob.ts';
import { configurationLines, exists } from './configuration.ts';

interface Clause {
  readonly key: string;
  readonly attribute: string;
  readonly operator: string;
  readonly value: string;
}

const clauses = (rule: string): readonly Clause[] =>
  [...rule.matchAll(/([A-Z]+)(?:\{([^}]*)\})?\s*(==|!=|\+=|:=|=)\s*"([^"]*)"/g)].map(
    ([, key = '', attribute = '', operator = '', value = '']) => ({ key, attribute, operator, value }),
  );

/** udev(7): alternatives separated by `|`, each a shell pattern. */
const matches = (pattern: string, text: string): boolean =>
  pattern.split('|').some((one) => globToRegExp(one).test(text));

const firstLine = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').then(
    (text) => text.split('\n')[0]!.trimEnd(),
    () => undefined,
  );

/** What a clause compares with; undefined where the simulation does not know the key, and then nothing matches. */
const actual = async (clause: Clause, root: string, disk: string): Promise<string | undefined> => {
  const folder = path.join(root, 'sys/block', disk);
  switch (clause.key) {
    case 'ACTION':
      return 'add';
    case 'SUBSYSTEM':
      return 'block';
    case 'KERNEL':
      return disk;
    case 'ATTR':
      return firstLine(path.join(folder, clause.attribute));
    case 'ENV':
      switch (clause.attribute) {
        case 'DEVTYPE':
          return 'disk';
        case 'DEVNAME':
          return `/dev/${disk}`;
        case 'ID_WWN':
          return (await firstLine(path.join(folder, 'wwid'))) ?? firstLine(path.join(folder, 'device/wwid'));
        default:
          return undefined;
      }
    default:
      return undefined;
  }
};

const holds = async (clause: Clause, root: string, disk: string): Promise<boolean> => {
  const equal = clause.operator === '==';
  if (clause.key === 'TEST') return (await exists(path.join(root, 'sys/block', disk, clause.value))) === equal;
  const text = await actual(clause, root, disk);
  return text !== undefined && matches(clause.value, text) === equal;
};

/** The attribute writes that the rules make when the host's disks appear: paths of the simulated host and values. */
export const udevWrites = async (root: string): Promise<readonly (readonly [path: string, value: string])[]> => {
  const rules = (await configurationLines(root, 'udev/rules.d')).map(clauses);
  const writes: (readonly [string, string])[] = [];
  for (const disk of (await readdir(path.join(root, 'sys/block'))).sort()) {
    for (const rule of rules) {
      const tests = rule.filter(({ operator }) => operator === '==' || operator === '!=');
      const results = await Promise.all(tests.map((clause) => holds(clause, root, disk)));
      if (!results.every(Boolean)) continue;
      for (const { key, attribute, operator, value } of rule)
        if (key === 'ATTR' && operator === '=') writes.push([`/sys/block/${disk}/${attribute}`, value]);
    }
  }
  return writes;
};
