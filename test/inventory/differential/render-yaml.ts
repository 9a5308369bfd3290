import fc from 'fast-check';
import { type GroupModel, type Model, shuffled, type Variables } from './arbitrary-model.ts';
import type { ValueText } from './arbitrary-values.ts';

type YamlGroup = GroupModel<ValueText, ValueText>;

/** What says nothing. */
const gap = fc.constantFrom('', '', '\n', '# comment\n', '---\n', '%YAML 1.1\n---\n');

const quoteKey = (name: string): string =>
  /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(name) && !/^\d/.test(name) ? name : JSON.stringify(name);

/** A map's lines. */
export const renderMap = (entries: Variables<ValueText>, indent: string): string =>
  entries.map(([name, value]) => `${indent}${quoteKey(name)}: ${value(`${indent}  `)}\n`).join('');

interface Style {
  /** Children have their bodies where they are first named. */
  readonly nested: boolean;
  /** A single name stands without a map, and what is empty is written all the same. */
  readonly short: boolean;
  readonly sections: readonly string[];
}

const renderHosts = ({ hosts }: YamlGroup, indent: string, { short }: Style): string => {
  const [only, ...others] = hosts;
  if (short && only?.variables.length === 0 && others.length === 0) return ` ${quoteKey(only.entry)}\n`;
  const lines = hosts.map(({ entry, variables }) => {
    const empty = short ? ' {}' : '';
    const own = variables.length === 0 ? `${empty}\n` : `\n${renderMap(variables, `${indent}  `)}`;
    return `${indent}${quoteKey(entry)}:${own}`;
  });
  return `\n${lines.join('')}`;
};

const renderGroups = (groups: readonly YamlGroup[], style: Style): string => {
  const pending = new Map(groups.map((group) => [group.name, group]));

  const renderChildren = ({ children }: YamlGroup, indent: string): string => {
    const [only, ...others] = children;
    if (style.short && !style.nested && only !== undefined && others.length === 0) return ` ${quoteKey(only)}\n`;
    const child = (name: string): string =>
      style.nested ? renderGroup(name, indent) : `${indent}${quoteKey(name)}:\n`;
    return `\n${children.map(child).join('')}`;
  };
  const renderGroup = (name: string, indent: string): string => {
    const group = pending.get(name);
    pending.delete(name);
    if (!group) return `${indent}${quoteKey(name)}:\n`;
    const inner = `${indent}    `;
    const priority = group.priority === undefined ? '' : `${inner}ansible_group_priority: ${group.priority}\n`;
    const parts = new Map([
      ['hosts', renderHosts(group, inner, style)],
      ['children', renderChildren(group, inner)],
      ['vars', `\n${renderMap(group.variables, inner)}${priority}`],
    ]);
    const used = style.sections.filter((section) => style.short || parts.get(section) !== '\n');
    return `${indent}${quoteKey(name)}:\n${used.map((section) => `${indent}  ${section}:${parts.get(section)}`).join('')}`;
  };
  return groups.map(({ name }) => (pending.has(name) ? renderGroup(name, '') : '')).join('');
};

/** A YAML inventory: its groups in any order. */
export const renderYaml = (groups: Model<ValueText, ValueText>): fc.Arbitrary<string> =>
  fc
    .record({
      order: shuffled(groups),
      before: gap,
      style: fc.record({
        nested: fc.boolean(),
        short: fc.boolean(),
        sections: shuffled(['hosts', 'children', 'vars']),
      }),
    })
    .map(({ order, before, style }) => before + renderGroups(order, style));
