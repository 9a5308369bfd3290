const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One character of well-formed UTF-8 beyond ASCII (Unicode, table 3-7), or else one byte. */
const sequence =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|[\x80-\xff]/g;

/** A byte that belongs to no character: a low surrogate without its high one. */
const escaped = /([\udc80-\udcff])/u;

const wellFormed = (bytes: string): string | undefined => {
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return undefined;
  }
};

/**
 * Bytes (one character each) as text: UTF-8, where a byte that is none becomes a lone surrogate from U+DC80 to U+DCFF.
 * Every file is so one text, and no two files are the same text. Rule: PEP 383.
 */
export const textOfBytes = (bytes: string): string => {
  if (!/[\x80-\xff]/.test(bytes)) return bytes;
  return (
    wellFormed(bytes) ??
    bytes.replaceAll(sequence, (part) =>
      part.length === 1 ? String.fromCharCode(0xdc00 + part.charCodeAt(0)) : wellFormed(part)!,
    )
  );
};

/** The bytes that a text stands for: what `textOfBytes` read comes back as it was. */
export const bytesOfText = (text: string): Buffer =>
  escaped.test(text)
    ? Buffer.concat(
        text
          .split(escaped)
          .map((part, index) => (index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part))),
      )
    : Buffer.from(text);

/** False where some bytes are no characters. */
export const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text);
