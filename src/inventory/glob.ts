type Test = (character: string) => boolean;
const any = Symbol('any run of characters');

const characterSet = (body: string): Test => {
  const negated = body.startsWith('!');
  const characters = Array.from(negated ? body.slice(1) : body);
  const members = new Set<string>();
  const ranges: [string, string][] = [];
  for (let index = 0; index < characters.length; index++) {
    if (characters[index + 1] === '-' && index + 2 < characters.length) {
      ranges.push([characters[index]!, characters[index + 2]!]);
      index += 2;
    } else members.add(characters[index]!);
  }
  return (character) =>
    (members.has(character) || ranges.some(([low, high]) => low <= character && character <= high)) !== negated;
};

const parse = (glob: string): readonly (Test | typeof any)[] =>
  [...glob.matchAll(/\*+|\?|\[(![\s\S][^\]]*|[^!][^\]]*)\]|[\s\S]/gu)].map(([piece, set]) => {
    if (piece.startsWith('*')) return any;
    if (set !== undefined) return characterSet(set);
    return piece === '?' ? () => true : (character) => character === piece;
  });

/**
 * Whether a whole name matches a glob with `*`, `?`, `[abc]`, `[!a-c]`. Time grows with the product of both lengths at
 * most, whatever the glob. Rule: Python's fnmatch, which Ansible's patterns follow.
 */
export const globMatcher = (glob: string): ((name: string) => boolean) => {
  const tests = parse(glob);
  return (name) => {
    const characters = Array.from(name);
    let at = 0;
    let next = 0;
    let retry: { readonly test: number; at: number } | undefined;
    while (at < characters.length) {
      const test = tests[next];
      if (test === any) retry = { test: ++next, at };
      else if (test?.(characters[at]!)) {
        at++;
        next++;
      } else if (retry) {
        next = retry.test;
        at = ++retry.at;
      } else return false;
    }
    return tests.slice(next).every((test) => test === any);
  };
};
