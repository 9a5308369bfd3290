import type { Codec } from './steps.ts';

const trim = (raw: string): string => raw.replace(/\n$/, '');

/** The bytes as they are. */
export const verbatim: Codec<string> = { decode: (raw) => raw, encode: (value) => value };

/** One word or line; the trailing newline is the kernel's, not the value's. */
export const text: Codec<string> = { decode: trim, encode: (value) => value };

/** A decimal integer; anything else decodes to NaN, which equals nothing. */
export const integer: Codec<number> = {
  decode: (raw) => (/^\s*[+-]?\d+\s*$/.test(raw) ? Number(raw) : Number.NaN),
  encode: String,
};

/** A switch that the kernel spells as 0 and 1, or N and Y (module parameters). */
export const zeroOne: Codec<boolean> = {
  decode: (raw) => /^[1Yy]/.test(raw.trim()),
  encode: (value) => (value ? '1' : '0'),
};

/** Fields separated by any white space: `/proc/sys` separates by tabs what people separate by spaces. */
export const fields: Codec<string> = {
  decode: (raw) => raw.trim().split(/\s+/).join(' '),
  encode: (value) => value,
};

/** The active word of `always [madvise] never`; a lone bare word is the only choice. */
export const choice: Codec<string> = {
  decode: (raw) => /\[([^\]]*)\]/.exec(raw)?.[1] ?? raw.trim(),
  encode: (value) => value,
};

/** All words that a bracketed choice offers, the active one included. */
export const choices = (raw: string): readonly string[] =>
  raw.replaceAll(/[[\]]/g, ' ').trim().split(/\s+/).filter(Boolean);

/** What a switch may be called (lib/kstrtox.c, kstrtobool). */
const truth = (value: string): boolean | undefined =>
  /^(1|y|on)$/i.test(value) ? true : /^(0|n|off)$/i.test(value) ? false : undefined;

/** One spelling for a number (0x10 is 16) and for a mask, which the kernel shows with leading zeros and commas. */
const canonical = (value: string): string => {
  if (/^0x[0-9a-f]+$/i.test(value)) return BigInt(value).toString();
  return /^[0-9a-f]+(,[0-9a-f]{8})*$/i.test(value)
    ? value
        .replaceAll(',', '')
        .replace(/^0+(?=.)/, '')
        .toLowerCase()
    : value;
};

/**
 * The value of an attribute of which nothing else is known: the marked word of `[a] b` and `a (b)`, else its fields.
 * Y and N of a module's parameter are 1 and 0; numbers and masks are equal in every spelling.
 */
export const scalar: Codec<string> = {
  decode: (raw) => {
    const all = raw.trim().split(/\s+/);
    const marked = all.filter((word) => /^(\[.+\]|\(.+\))$/.test(word));
    return marked.length === 1 ? marked[0]!.slice(1, -1) : all.join(' ');
  },
  encode: (value) => value,
  equal: (left, right) =>
    canonical(left) === canonical(right) ||
    ([left, right].some((value) => /^[yn]$/i.test(value)) && truth(left) !== undefined && truth(left) === truth(right)),
};

/** A space-separated list of words, such as scaling_available_governors. */
export const words: Codec<readonly string[]> = {
  decode: (raw) => raw.trim().split(/\s+/).filter(Boolean),
  encode: (value) => value.join(' '),
  equal: (left, right) => left.join(' ') === right.join(' '),
};

/** NUL-separated words: /proc/PID/cmdline. */
export const argv: Codec<readonly string[]> = {
  decode: (raw) => raw.replace(/\0$/, '').split('\0'),
  encode: (value) => value.join('\0'),
  equal: (left, right) => left.join('\0') === right.join('\0'),
};

/**
 * A CPU list as the kernel prints it: `0-3,8`, or an empty line. Ascending numbers.
 * Rule: Documentation/admin-guide/kernel-parameters (cpu lists).
 */
export const cpuList: Codec<readonly number[]> = {
  decode: (raw) => {
    const cpus = new Set<number>();
    for (const part of raw.trim().split(',').filter(Boolean)) {
      const [first, last = first] = part.split('-').map(Number);
      if (first === undefined || last === undefined || Number.isNaN(first + last)) continue;
      for (let cpu = first; cpu <= last; cpu++) cpus.add(cpu);
    }
    return [...cpus].sort((left, right) => left - right);
  },
  encode: (cpus) => {
    const parts: string[] = [];
    for (let index = 0; index < cpus.length;) {
      let last = index;
      while (cpus[last + 1] === cpus[last]! + 1) last++;
      parts.push(last === index ? `${cpus[index]}` : `${cpus[index]}-${cpus[last]}`);
      index = last + 1;
    }
    return parts.join(',');
  },
  equal: (left, right) => left.join() === right.join(),
};

/**
 * A CPU mask: hexadecimal groups of 32 bits separated by commas, most significant first.
 * Rule: lib/bitmap.c (bitmap_parse). Ascending CPU numbers.
 */
export const cpuMask: Codec<readonly number[]> = {
  decode: (raw) => {
    const digits = raw.trim().replaceAll(',', '');
    if (!/^[0-9a-f]+$/i.test(digits)) return [];
    let mask = BigInt(`0x${digits}`);
    const cpus: number[] = [];
    for (let cpu = 0; mask > 0n; cpu++, mask >>= 1n) if (mask & 1n) cpus.push(cpu);
    return cpus;
  },
  encode: (cpus) => {
    const mask = cpus.reduce((bits, cpu) => bits | (1n << BigInt(cpu)), 0n);
    const digits = mask.toString(16);
    if (digits.length <= 8) return digits;
    return digits
      .padStart(Math.ceil(digits.length / 8) * 8, '0')
      .replaceAll(/(.{8})(?=.)/g, '$1,')
      .replace(/^0+(?=[^,])/, '');
  },
  equal: (left, right) => left.join() === right.join(),
};
