let segmenter: Intl.Segmenter | undefined;

/** What a text shows as single characters. Made when it is first needed: it takes as long as reading a playbook. */
const graphemes = (text: string): Intl.Segments => {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
};

/** Two columns: East Asian wide and fullwidth (Unicode UAX 11), and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]|\ufe0f/u;
const invisible = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
/** Texts of one column a character: ASCII, and what perfplay itself draws with: · ’ … → │ █ ░ ✗ */
const narrow = /^[ -~\u00b7\u2019\u2026\u2192\u2502\u2588\u2591\u2717]*$/;

const graphemeWidth = (grapheme: string): number => (invisible.test(grapheme) ? 0 : wide.test(grapheme) ? 2 : 1);

/** Columns that a text without controls takes on a terminal. */
export const textWidth = (text: string): number => {
  if (narrow.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemes(text)) columns += graphemeWidth(segment);
  return columns;
};

/** The text if it fits into `columns`, else as much of it as leaves room for an ellipsis. */
export const cutText = (text: string, columns: number): string => {
  if (textWidth(text) <= columns) return text;
  if (columns < 1) return '';
  if (narrow.test(text)) return `${text.slice(0, columns - 1)}…`;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes(text)) {
    used += graphemeWidth(segment);
    if (used > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
};
