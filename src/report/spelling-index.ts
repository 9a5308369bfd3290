/** A part of a text: from here to before there. */
export type Range = readonly [from: number, to: number];

/** Finds many words in a text; what that costs does not grow with their number. */
export interface SpellingIndex {
  readonly add: (spelling: string) => void;
  /** Every place of each, overlapping or not. */
  readonly find: (text: string) => readonly Range[];
}

/** Ends a text that a message has cut. */
const cut = '…';

/** How much of the text at `at` is the spelling, or as much of it as was left when it was cut; 0: it is not. */
const lengthAt = (text: string, at: number, spelling: string): number => {
  let same = 0;
  while (same < spelling.length && text[at + same] === spelling[same]) same++;
  return same === spelling.length || text[at + same] === cut ? same : 0;
};

/** `shortest`: shorter ones are not looked for. */
export const createSpellingIndex = (shortest: number): SpellingIndex => {
  const byStart = new Map<string, Set<string>>();
  /** By the code of a first character, whether any begins so: most characters of a text need no more. */
  const begins = new Uint8Array(0x1_0000);
  return {
    add: (spelling) => {
      if (spelling.length < shortest) return;
      const start = spelling.slice(0, shortest);
      begins[start.charCodeAt(0)] = 1;
      byStart.set(start, (byStart.get(start) ?? new Set()).add(spelling));
    },
    find: (text) => {
      const found: Range[] = [];
      for (let at = 0; at + shortest <= text.length; at++) {
        if (begins[text.charCodeAt(at)] === 0) continue;
        const candidates = byStart.get(text.slice(at, at + shortest));
        if (!candidates) continue;
        let length = 0;
        for (const spelling of candidates) length = Math.max(length, lengthAt(text, at, spelling));
        if (length > 0) found.push([at, at + length]);
      }
      return found;
    },
  };
};
