import { parseAst } from 'vitest/node';

// No text for a shell is built by hand: words are quoted by src/connect/shell/quote.ts, everything else that a shell reads is a constant.

/** A node of the ESTree, as far as it is looked at. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
const nodesIn = (value: unknown): readonly Node[] => (Array.isArray(value) ? value : [value]).filter(isNode);

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) for (const child of nodesIn(value)) yield* walk(child);
}

/** `exec` of `exec(…)`, `client.exec(…)` and `client['exec'](…)`. */
const calledName = ({ callee }: Node): string | undefined => {
  if (!isNode(callee)) return undefined;
  if (callee.type === 'Identifier') return callee['name'] as string;
  const property = callee['property'];
  if (callee.type !== 'MemberExpression' || !isNode(property)) return undefined;
  return (property['name'] ?? property['value']) as string | undefined;
};
const isText = (node: Node): boolean => node.type === 'Literal' && typeof node['value'] === 'string';

/** Names of the file that always hold the same text: `const` with a literal, and text imported as it is (`?raw`). */
const constantsOf = (nodes: readonly Node[]): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const node of nodes) {
    if (node.type === 'ImportDeclaration' && String((node['source'] as Node)['value']).endsWith('.sh?raw'))
      for (const { local } of nodesIn(node['specifiers'])) names.add((local as Node)['name'] as string);
    if (node.type !== 'VariableDeclaration' || node['kind'] !== 'const') continue;
    for (const { id, init } of nodesIn(node['declarations']))
      if ((id as Node).type === 'Identifier' && isNode(init) && isConstant(init, names))
        names.add((id as Node)['name'] as string);
  }
  return names;
};
const isConstant = (node: Node | undefined, names: ReadonlySet<string>): boolean => {
  if (node === undefined) return true;
  if (node.type === 'TemplateLiteral') return nodesIn(node['expressions']).every((part) => isConstant(part, names));
  if (node.type === 'BinaryExpression')
    return node['operator'] === '+' && [node['left'], node['right']].every((side) => isConstant(side as Node, names));
  return isText(node) || (node.type === 'Identifier' && names.has(node['name'] as string));
};

const throughShell = new Set(['exec', 'execSync']);
const programs = new Set(['spawn', 'spawnSync', 'execFile', 'execFileSync', 'fork', 'execa', 'execaSync']);
const withCommand = /^-[a-z]*c$/;

const problemOf = (node: Node, constants: ReadonlySet<string>): string | undefined => {
  const source = node.type === 'ImportDeclaration' ? String((node['source'] as Node)['value']) : '';
  if (/^(node:)?child_process$/.test(source)) {
    const imported = nodesIn(node['specifiers']).map(({ imported: name }) => (name as Node | undefined)?.['name']);
    // A namespace would hide the names that are looked for.
    if (imported.some((name) => name === undefined || throughShell.has(name as string)))
      return 'child_process by a shell';
  }
  if (node.type === 'Property' && ((node['key'] as Node)['name'] ?? (node['key'] as Node)['value']) === 'shell')
    if ((node['value'] as Node)['value'] === true) return 'shell: true';
  if (node.type === 'ArrayExpression') {
    const elements = (node['elements'] as readonly (Node | null)[]).map((element) => element ?? undefined);
    const at = elements.findIndex(
      (element) => element !== undefined && isText(element) && withCommand.test(element['value'] as string),
    );
    if (at >= 0 && !isConstant(elements[at + 1], constants)) return 'a made text after -c';
  }
  if (node.type !== 'CallExpression') return undefined;
  const [name, words] = [calledName(node), nodesIn(node['arguments'])];
  if (name === 'execSync') return 'execSync';
  if (name !== undefined && programs.has(name)) {
    const options = words.findLast(({ type }) => type === 'ObjectExpression');
    const shell = nodesIn(options?.['properties']).find(({ key }) => isNode(key) && key['name'] === 'shell');
    if (shell && (shell['value'] as Node)['value'] !== false) return `${name} by a shell`;
  }
  // A regular expression's exec takes one word; ssh2's, and child_process', a command and a listener.
  if (
    name === 'exec' &&
    words.length > 1 &&
    !(words[0]!.type === 'CallExpression' && calledName(words[0]!) === 'execCommand')
  )
    return 'exec of something else than execCommand(…)';
  return undefined;
};

/** What a source file makes for a shell out of more than constants: `LINE: what it is`. Throws where the text is no TypeScript. */
export const shellTextsBuilt = (text: string, lang: 'ts' | 'tsx' = 'ts'): readonly string[] => {
  const nodes = [...walk(parseAst(text, { lang }) as unknown as Node)];
  const constants = constantsOf(nodes);
  const problems = new Map<number, string>();
  for (const node of nodes) {
    const problem = problemOf(node, constants);
    const line = text.slice(0, node.start).split('\n').length;
    if (problem !== undefined && !problems.has(line)) problems.set(line, problem);
  }
  return [...problems].map(([line, problem]) => `${line}: ${problem}`);
};
