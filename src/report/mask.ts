/** Keeps secrets out of everything that is shown or stored on the controller. */
export interface Mask {
  /** From now on this value is shown as `********`, as it is, inside longer text and in the usual encodings. */
  readonly hide: (secret: string) => void;
  readonly text: (text: string) => string;
  /** An event with every text in it masked that is not its structure. */
  readonly value: <T>(value: T) => T;
}

export const masked = '********';

/** Shorter ones would be found in every word: they protect nothing. */
const shortest = 3;
/** Lines of a key or certificate that say something by themselves. */
const shortestLine = 8;

/** Fields of events that hold words of our own and names of hosts: a password that happens to be one of these reveals nothing there. */
const words = new Set(
  'type command stage outcome reason status severity code levels run task play host hosts delegate file'.split(' '),
);

const urlSafe = (base64: string): string => base64.replaceAll('+', '-').replaceAll('/', '_');

/**
 * The base64 of the text, wherever it stands in what was encoded: one spelling for each of the three places in a group of
 * three bytes, without the characters that its neighbours share. Rule: RFC 4648 section 4.
 */
const base64Spellings = (secret: string): readonly string[] => {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const shared = (before + bytes.length) % 3 === 0 ? 0 : 1;
    const own = encoded.slice([0, 2, 3][before], encoded.length - shared);
    return own.length < 4 ? [] : [own, urlSafe(own)];
  });
};

const spellingsOf = (secret: string): readonly string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  secret.replaceAll("'", "'\\''"),
  encodeURIComponent(secret),
  ...base64Spellings(secret),
];

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** Makes a mask that hides nothing yet. */
export const createMask = (): Mask => {
  const spellings = new Set<string>();
  let pattern: RegExp | undefined;

  const text = (given: string): string => {
    if (spellings.size === 0) return given;
    // The longest first: a secret that begins with another must not leave its tail.
    pattern ??= new RegExp(
      [...spellings]
        .sort((left, right) => right.length - left.length)
        .map(escapeRegExp)
        .join('|'),
      'g',
    );
    return given.replace(pattern, masked);
  };

  const deep = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(deep);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [text(key), words.has(key) ? inner : deep(inner)]),
    );
  };

  return {
    hide: (secret) => {
      const lines = secret.includes('\n') ? secret.split(/\r?\n/).filter((line) => line.length >= shortestLine) : [];
      for (const one of [secret, secret.trim(), ...lines])
        if (one.length >= shortest) for (const spelling of spellingsOf(one)) spellings.add(spelling);
      pattern = undefined;
    },
    text,
    value: <T>(value: T): T => (spellings.size === 0 ? value : (deep(value) as T)),
  };
};
