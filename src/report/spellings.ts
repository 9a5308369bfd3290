const urlSafe = (base64: string): string => base64.replaceAll('+', '-').replaceAll('/', '_');

/** Columns of a line of base64: RFC 7468 (PEM), and base64(1) and RFC 2045 (MIME). */
const base64Columns = [64, 76] as const;
/** A last line that is shorter says too little to be looked for. */
const shortestBase64Line = 8;

/** The lines of an encoded text, each of which may be shown by itself. */
const base64Lines = (encoded: string): readonly string[] =>
  base64Columns.flatMap((columns) =>
    encoded.length <= columns
      ? []
      : (encoded.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []).filter((line) => line.length >= shortestBase64Line),
  );

/**
 * The base64 of the text, wherever it stands in what was encoded: one spelling for each of the three places in a group of
 * three bytes, without the characters that its neighbours share. Rule: RFC 4648 section 4.
 */
const base64Spellings = (secret: string): readonly string[] => {
  const bytes = Buffer.from(secret);
  const inside = [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const shared = (before + bytes.length) % 3 === 0 ? 0 : 1;
    const own = encoded.slice([0, 2, 3][before], encoded.length - shared);
    return own.length < 4 ? [] : [own];
  });
  const alone = [secret, `${secret}\n`].flatMap((text) => base64Lines(Buffer.from(text).toString('base64')));
  return [...inside, ...alone].flatMap((spelling) => [spelling, urlSafe(spelling)]);
};

const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const asciiJson = (text: string): string =>
  json(text).replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const percent = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/** encodeURIComponent throws where a surrogate stands alone. */
const urlSpellings = (secret: string): readonly string[] => {
  const text = secret.replaceAll(/\p{Surrogate}/gu, '\ufffd');
  const query = percent(text);
  return [encodeURIComponent(text), query, query.replaceAll('%20', '+'), query.replaceAll('%2F', '/')];
};

/**
 * How a secret may be written: as it is; in JSON, and in JSON that is a text of JSON; in the quotes of sh (ours, shlex.quote's and
 * dash's, bash's `printf %q`) and of Python; in a URL; in base64 at any place.
 */
export const spellingsOf = (secret: string): readonly string[] => [
  secret,
  json(secret),
  asciiJson(secret),
  json(json(secret)),
  secret.replaceAll("'", "'\\''"),
  secret.replaceAll(/['\\!]/g, "'\\$&'"),
  secret.replaceAll("'", `'"'"'`),
  secret.replaceAll(/[^\w@%+=:,./-]/g, '\\$&'),
  json(secret).replaceAll('\\"', '"').replaceAll("'", "\\'"),
  ...urlSpellings(secret),
  ...base64Spellings(secret),
];
