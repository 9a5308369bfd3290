import {
  combine,
  file,
  integer,
  queryKey,
  stats,
  text,
  valueOf,
  type Errno,
  type Output,
  type Read,
} from '../../src/contract/index.ts';

/** What modprobe(8) would load by a name. */
export type Known =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'built in' }
  | { readonly kind: 'alias'; readonly of: string }
  /** Nothing by that name for the running kernel. */
  | { readonly kind: 'none' }
  /** There is no modprobe, or a command of modprobe.d stands for the module. */
  | { readonly kind: 'untold' };

export interface SeenModule {
  readonly state: 'loaded' | 'built in' | 'absent';
  /** Why it cannot be told; nothing where it can. */
  readonly errno?: Errno;
  readonly users: number;
  /** Modules that need it. */
  readonly holders: readonly string[];
  readonly known: Known;
}

const moduleOf = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/\.ko.*$/, '')
    .replaceAll('-', '_');

const lineOf = /^(insmod|builtin|install) (\S+)/;

/** What `modprobe --show-depends` says, one line a module: what it needs first, what is to follow it last. */
const knownBy = (name: string, output: Output | undefined): Known => {
  if (!output || output.exit === 127) return { kind: 'untold' };
  if (output.exit !== 0) return { kind: 'none' };
  const lines = output.text.split('\n').flatMap((line) => {
    const [, verb, word] = lineOf.exec(line) ?? [];
    return verb !== undefined && word !== undefined ? [{ verb, word }] : [];
  });
  const own = lines.find(({ word }) => moduleOf(word) === name);
  if (own?.verb === 'builtin') return { kind: 'built in' };
  if (own?.verb === 'insmod') return { kind: 'file', path: own.word };
  const last = lines.at(-1);
  return last === undefined || lines.some(({ verb }) => verb === 'install')
    ? { kind: 'untold' }
    : { kind: 'alias', of: moduleOf(last.word) };
};

const depends = (name: string): Read<Known> => {
  const argv = ['modprobe', '--show-depends', name];
  return {
    ops: [{ op: 'query', argv }],
    decode: (snapshot) => knownBy(name, snapshot.output.get(queryKey(argv))),
  };
};

/**
 * The state of a module, its name with `_`: `initstate` is live once it is loaded (kernel/module/main.c); a module that is built in has
 * a folder without it (kernel/params.c), or, without parameters, none at all: then modprobe knows.
 */
export const seenModule = (name: string): Read<SeenModule> => {
  const folder = `/sys/module/${name}`;
  return combine(
    {
      folder: stats(folder),
      initstate: file(`${folder}/initstate`, text),
      refcnt: file(`${folder}/refcnt`, integer),
      holders: stats(`${folder}/holders/*`),
      known: depends(name),
    },
    ({ folder: found, initstate, refcnt, holders, known }): SeenModule => {
      const errno = 'errno' in initstate ? initstate.errno : undefined;
      const builtIn = known.kind === 'built in' || (found.size > 0 && errno === 'ENOENT');
      return {
        state: valueOf(initstate) === 'live' ? 'loaded' : builtIn ? 'built in' : 'absent',
        ...(errno && errno !== 'ENOENT' && { errno }),
        users: valueOf(refcnt) ?? 0,
        holders: [...holders.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1)).sort(),
        known,
      };
    },
  );
};
