import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const read = (pid: string, name: string): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // It ended meanwhile.
    return undefined;
  }
};

/** The parent of each process of this machine; processes of lab hosts are among them. */
const parents = (): ReadonlyMap<number, number> =>
  new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        const stat = read(pid, 'stat');
        // The second field may hold blanks and brackets.
        const parent = stat && Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]);
        return parent === undefined || parent === '' ? [] : [[Number(pid), parent] as const];
      }),
  );

/**
 * Every command line that these processes and those below them had while `work` was under way, words parted by blanks: what ps(1)
 * shows to other users. Looked at every few milliseconds.
 */
export const commandLinesDuring = async (
  roots: readonly number[],
  work: PromiseLike<unknown>,
): Promise<readonly string[]> => {
  const lines = new Set<string>();
  let over = false;
  const end = (): void => {
    over = true;
  };
  void work.then(end, end);
  while (!over) {
    const parentOf = parents();
    const isBelow = (pid: number): boolean => {
      const parent = parentOf.get(pid);
      return roots.includes(pid) || (parent !== undefined && isBelow(parent));
    };
    for (const pid of parentOf.keys())
      if (isBelow(pid)) lines.add(read(String(pid), 'cmdline')?.replaceAll('\0', ' ').trim() ?? '');
    await wait(2);
  }
  return [...lines];
};
