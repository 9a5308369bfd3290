/** One line of a line diff: kept, removed, added, or a note about lines left out. */
export interface DiffLine {
  readonly mark: ' ' | '-' | '+' | '@';
  readonly text: string;
}

/** The largest table of a comparison; texts that differ more are shown as replaced. */
const maximumCells = 1_000_000;

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

const kept = (text: string): DiffLine => ({ mark: ' ', text });
const removed = (text: string): DiffLine => ({ mark: '-', text });
const added = (text: string): DiffLine => ({ mark: '+', text });

/** Lines of two blocks by their longest common subsequence. */
const compareBlocks = (before: readonly string[], after: readonly string[]): readonly DiffLine[] => {
  if (before.length * after.length > maximumCells) return [...before.map(removed), ...after.map(added)];
  const common = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let row = before.length - 1; row >= 0; row--)
    for (let column = after.length - 1; column >= 0; column--)
      common[row]![column] =
        before[row] === after[column]
          ? common[row + 1]![column + 1]! + 1
          : Math.max(common[row + 1]![column]!, common[row]![column + 1]!);
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      lines.push(kept(before[row]!));
      row++;
      column++;
    } else if (common[row + 1]![column]! >= common[row]![column + 1]!) lines.push(removed(before[row++]!));
    else lines.push(added(after[column++]!));
  }
  return [...lines, ...before.slice(row).map(removed), ...after.slice(column).map(added)];
};

/** Lines of two texts: the same beginning and end are not compared again. */
const compare = (before: readonly string[], after: readonly string[]): readonly DiffLine[] => {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return [
    ...before.slice(0, start).map(kept),
    ...compareBlocks(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(kept),
  ];
};

/** How many lines come and go. */
export const countDiff = (before: string, after: string): { readonly added: number; readonly removed: number } => {
  const lines = compare(linesOf(before), linesOf(after));
  return {
    added: lines.filter(({ mark }) => mark === '+').length,
    removed: lines.filter(({ mark }) => mark === '-').length,
  };
};

/**
 * The lines that differ with `context` lines around them, as `diff -u` has them; null is no text at all.
 * At most `limit` lines, then how many more there are.
 */
export const unifiedDiff = (
  before: string | null,
  after: string | null,
  { context, limit }: { readonly context: number; readonly limit: number },
): readonly DiffLine[] => {
  const lines = compare(linesOf(before ?? ''), linesOf(after ?? ''));
  const shown = new Set<number>();
  lines.forEach(({ mark }, at) => {
    if (mark !== ' ') for (let near = at - context; near <= at + context; near++) shown.add(near);
  });
  const hunks = lines.flatMap((diffLine, at): readonly DiffLine[] => {
    if (shown.has(at)) return [diffLine];
    return shown.has(at - 1) ? [{ mark: '@', text: '…' }] : [];
  });
  const trimmed = hunks.at(-1)?.mark === '@' ? hunks.slice(0, -1) : hunks;
  if (trimmed.length <= limit) return trimmed;
  return [...trimmed.slice(0, limit), { mark: '@', text: `… ${trimmed.length - limit} more lines` }];
};
