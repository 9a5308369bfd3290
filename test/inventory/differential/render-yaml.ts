import fc from 'fast-check';
import { type Model, shuffled, type Variables } from './arbitrary-model.ts';
import type { ValueText } from './arbitrary-values.ts';

/** What says nothing. */
const gap = fc.constantFrom('', '', '\n', '# comment\n', '---\n');

const quoteKey = (name: string): string =>
  /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(name) && !/^\d/.test(name) ? name : JSON.stringify(name);

/** A map's lines. */
export const renderMap = (entries: Variables<ValueText>, indent: string): string =>
  entries.map(([name, value]) => `${indent}${quoteKey(name)}: ${value(`${indent}  `)}\n`).join('');

/** The groups one after the other, or as children of `all` with their bodies where they are first named. */
export const renderYaml = (groups: Model<ValueText, ValueText>): fc.Arbitrary<string> =>
  fc
    .tuple(shuffled(groups), fc.boolean(), shuffled(['hosts', 'children', 'vars']), gap)
    .map(([order, nested, sections, gap]) => {
      const pending = new Map(order.map((group) => [group.name, group]));
      const body = (name: string, indent: string): string => {
        const group = pending.get(name);
        pending.delete(name);
        if (!group) return `${indent}${quoteKey(name)}:\n`;
        const inner = `${indent}    `;
        const priority = group.priority === undefined ? '' : `${inner}ansible_group_priority: ${group.priority}\n`;
        const hosts = group.hosts.map(({ entry, variables: own }) =>
          own.length === 0
            ? `${inner}${quoteKey(entry)}:\n`
            : `${inner}${quoteKey(entry)}:\n${renderMap(own, `${inner}  `)}`,
        );
        const parts = new Map([
          ['hosts', hosts.join('')],
          [
            'children',
            group.children.map((child) => (nested ? body(child, inner) : `${inner}${quoteKey(child)}:\n`)).join(''),
          ],
          ['vars', renderMap(group.variables, inner) + priority],
        ]);
        const used = sections.filter((section) => parts.get(section) !== '');
        return `${indent}${quoteKey(name)}:\n${used.map((section) => `${indent}  ${section}:\n${parts.get(section)}`).join('')}`;
      };
      return (nested ? '---\n' : gap) + order.map(({ name }) => (pending.has(name) ? body(name, '') : '')).join('');
    });
