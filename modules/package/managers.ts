import { combine, os, stats, type Read, type Stat } from '../../src/contract/index.ts';

/** How packages of a family are read and changed: pieces of sh text without a word of anybody else's. */
export interface Manager {
  readonly family: 'debian' | 'rhel' | 'suse';
  readonly program: string;
  /** Which database tells what is installed. */
  readonly database: 'dpkg' | 'rpm';
  /** Makes the list of packages anew. */
  readonly update: string;
  readonly install: string;
  /** Whether recommended packages come along: the words for yes and no. */
  readonly recommends: readonly [yes: string, no: string];
  readonly remove: string;
  /** Exit codes that are not 0, and no failure. */
  readonly fine: readonly number[];
}

/**
 * Nobody is asked: a configuration file that was changed stays as it is. A name is never a pattern (apt-get(8)).
 * Of the output only what went wrong is kept.
 */
const apt = [
  '>/dev/null env DEBIAN_FRONTEND=noninteractive apt-get -qq -y',
  '-o DPkg::Lock::Timeout=60 -o APT::Cmd::Pattern-Only=true',
  '-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold',
].join(' ');

const zypper = 'env ZYPP_LOCK_TIMEOUT=60 zypper --non-interactive --quiet';

/** They wait for each other's lock by themselves. */
const dnf = (program: string): Manager => ({
  family: 'rhel',
  program,
  database: 'rpm',
  update: `${program} -q -y makecache`,
  install: `${program} -q -y install`,
  recommends: ['--setopt=install_weak_deps=True', '--setopt=install_weak_deps=False'],
  remove: `${program} -q -y remove`,
  fine: [],
});

const managers: readonly Manager[] = [
  {
    family: 'debian',
    program: 'apt-get',
    database: 'dpkg',
    update: `${apt} update`,
    install: `${apt} install`,
    recommends: ['--install-recommends', '--no-install-recommends'],
    remove: `${apt} remove`,
    fine: [],
  },
  {
    family: 'suse',
    program: 'zypper',
    database: 'rpm',
    update: `${zypper} refresh`,
    install: `${zypper} install --name --auto-agree-with-licenses`,
    recommends: ['--recommends', '--no-recommends'],
    remove: `${zypper} remove --name`,
    // A reboot, or a restart of zypper, would be well: zypper(8), EXIT CODES.
    fine: [102, 103],
  },
  dnf('dnf'),
  dnf('yum'),
];

/** The manager of the host's family; another one may be there as a tool. Undefined: none that is known here. */
export const manager: Read<Manager | undefined> = combine(
  {
    os,
    programs: {
      ops: managers.flatMap(({ program }) => stats(`/usr/bin/${program}`).ops),
      decode: ({ stat }) => stat,
    } satisfies Read<ReadonlyMap<string, Stat>>,
  },
  (seen) =>
    managers.find(({ family, program }) => family === seen.os.family && seen.programs.has(`/usr/bin/${program}`)),
);

export interface Wishes {
  readonly update: boolean;
  /** Undefined: as the manager is set. */
  readonly recommends: boolean | undefined;
}

/** The argv that installs (`{}` is `present`) or removes a package. */
export const changing = (
  { update, install, recommends: [yes, no], remove, fine }: Manager,
  name: string,
  wishes: Wishes,
): readonly string[] => {
  const more = wishes.recommends === undefined ? [] : [wishes.recommends ? yes : no];
  const installing = [...(wishes.update ? [update, '&&'] : []), install, ...more, '"$2"'].join(' ');
  const acting = `if [ "$1" = present ]; then ${installing}; else ${remove} "$2"; fi`;
  const judging = fine.length > 0 ? `; code=$?; case $code in ${fine.join(' | ')}) code=0 ;; esac; exit $code` : '';
  return ['/bin/sh', '-c', `${acting}${judging}`, 'package', '{}', name];
};
