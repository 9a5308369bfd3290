import { queryKey, type Output, type Read } from '../../src/contract/index.ts';
import type { Manager } from './managers.ts';

/** Whether a package is installed; undefined: its database does not tell. */
export type Installed = (database: Manager['database'], name: string) => boolean | undefined;

/** Both print `NAME:ARCHITECTURE/STATE,`; rpm has no state but installed. Rule: dpkg-query(1), rpm(8). */
const queries = (names: readonly string[]): Readonly<Record<Manager['database'], readonly string[]>> => ({
  dpkg: ['dpkg-query', '-W', '-f', '${Package}:${Architecture}/${Status},', ...names],
  rpm: ['rpm', '-q', '--qf', '%{NAME}:%{ARCH}/installed,', ...names],
});

/** `foo`, `foo:amd64` (dpkg) and `foo.x86_64` (rpm) of one that is unpacked and configured, on hold or not. */
const namesIn = ({ text }: Output): ReadonlySet<string> =>
  new Set(
    text.split(/[,\n]/).flatMap((entry) => {
      const match = /^([^:\s]+):([^/]*)\/(?:\S+ ok )?installed$/.exec(entry);
      return match ? [match[1]!, `${match[1]}:${match[2]}`, `${match[1]}.${match[2]}`] : [];
    }),
  );

/** dpkg-query exits with 1 where it does not know a package; rpm with the number of those that are missing. */
const hasFailed = (database: Manager['database'], { exit }: Output): boolean =>
  exit >= 126 || (database === 'dpkg' && exit > 1);

export const installed = (names: readonly string[]): Read<Installed> => {
  const argvs = queries(names);
  return {
    ops: Object.values(argvs).map((argv) => ({ op: 'query', argv })),
    decode: (snapshot) => (database, name) => {
      const output = snapshot.output.get(queryKey(argvs[database]));
      return output && !hasFailed(database, output) ? namesIn(output).has(name) : undefined;
    },
  };
};
