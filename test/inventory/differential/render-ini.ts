import fc from 'fast-check';
import { type GroupModel, type Model, shuffled } from './arbitrary-model.ts';

interface Section {
  readonly header: string;
  readonly lines: readonly string[];
}

/** What says nothing. */
const gap = fc.constantFrom('', '', '', '\n', '# comment\n', '  ; comment = [x]\n');
const behindHost = fc.constantFrom('', '', '', ' # comment x=1', '\t', '  ');

/** The hosts in one section or two. */
const hostSections = ({ name, hosts }: GroupModel<string, string>): fc.Arbitrary<readonly Section[]> =>
  fc.tuple(fc.nat(8), fc.array(behindHost, { minLength: 3, maxLength: 3 })).map(([cut, ends]) => {
    const lines = hosts.map(
      (host, index) => [host.entry, ...host.variables.map((pair) => pair.join('='))].join(' ') + ends[index],
    );
    const header = `[${name}]`;
    if (cut >= lines.length) return [{ header, lines }];
    return [
      { header, lines: lines.slice(0, cut) },
      { header: `${header} # again`, lines: lines.slice(cut) },
    ];
  });

const otherSections = ({ name, children, variables, priority }: GroupModel<string, string>): readonly Section[] => {
  const assignments = [
    ...variables,
    ...(priority === undefined ? [] : [['ansible_group_priority', priority] as const]),
  ];
  return [
    {
      header: `[${name}:children]`,
      lines: children.map((child, index) => (index === 0 ? `${child} # comment` : child)),
    },
    { header: `[${name}:vars]`, lines: assignments.map((pair) => pair.join(' = ')) },
  ].filter(({ lines }) => lines.length > 0);
};

/** An INI inventory: sections in any order. */
export const renderIni = (groups: Model<string, string>): fc.Arbitrary<string> =>
  fc
    .tuple(...groups.map(hostSections))
    .chain((hosts) => shuffled([...hosts.flat(), ...groups.flatMap(otherSections)]))
    .chain((sections) =>
      fc.tuple(
        fc.constantFrom('', '', 'first x=1\nlast\n'),
        ...sections.map(({ header, lines }) =>
          gap.map((text) => `${text}${header}\n${lines.map((line) => `${line}\n`).join('')}`),
        ),
      ),
    )
    .map((parts) => parts.join(''));
