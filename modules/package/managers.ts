import { combine, os, stats, type Read, type Stat } from '../../src/contract/index.ts';

/** A package manager, and its words for what is the same everywhere. */
export interface Manager {
  readonly family: 'debian' | 'rhel' | 'suse';
  readonly program: string;
  /** Which database tells what is installed. */
  readonly database: 'dpkg' | 'rpm';
  /** Makes the list of packages anew. */
  readonly update: string;
  readonly install: readonly string[];
  /** Whether recommended packages come along. */
  readonly recommends: readonly [yes: string, no: string];
}

const dnf = (program: string): Manager => ({
  family: 'rhel',
  program,
  database: 'rpm',
  update: 'makecache',
  install: ['install'],
  recommends: ['--setopt=install_weak_deps=True', '--setopt=install_weak_deps=False'],
});

const managers: readonly Manager[] = [
  {
    family: 'debian',
    program: 'apt-get',
    database: 'dpkg',
    update: 'update',
    install: ['install'],
    recommends: ['--install-recommends', '--no-install-recommends'],
  },
  {
    family: 'suse',
    program: 'zypper',
    database: 'rpm',
    update: 'refresh',
    install: ['install', '--name', '--auto-agree-with-licenses'],
    recommends: ['--recommends', '--no-recommends'],
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

/**
 * `present` (anything else removes), the program, its word that makes the list anew (or nothing), the package, the words that install.
 * Nobody is asked, and somebody else's lock is waited for; a configuration file that was changed stays as it is; a name is never a
 * pattern (apt-get(8)). What apt and dpkg do well is not worth a word. zypper(8), EXIT CODES: 102 and 103 are no failure.
 */
const script = `
want=$1 program=$2 update=$3 name=$4
shift 4
run() {
  case $program in
    apt-get)
      DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=60 -o APT::Cmd::Pattern-Only=true \\
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" >/dev/null ;;
    zypper)
      ZYPP_LOCK_TIMEOUT=60 zypper --non-interactive --quiet "$@" ||
        { code=$?; [ "$code" -eq 102 ] || [ "$code" -eq 103 ] || return "$code"; } ;;
    *) "$program" -q -y "$@" ;;
  esac
}
[ "$want" = present ] || { run remove "$name"; exit; }
[ -z "$update" ] || run "$update" || exit
run "$@" "$name"
`;

export interface Wishes {
  readonly update: boolean;
  /** Undefined: as the manager is set. */
  readonly recommends: boolean | undefined;
}

/** The argv that makes a package present (`{}`), or removes it. */
export const changing = (
  { program, update, install, recommends: [yes, no] }: Manager,
  name: string,
  wishes: Wishes,
): readonly string[] => [
  '/bin/sh',
  '-c',
  script,
  'package',
  '{}',
  program,
  wishes.update ? update : '',
  name,
  ...install,
  ...(wishes.recommends === undefined ? [] : [wishes.recommends ? yes : no]),
];
