import fc from 'fast-check';
import type { Model, Variables } from './arbitrary-model.ts';

/** A JSON value, and numbers as only JSON spells them. */
export const jsonValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    'x',
    'two words',
    '0644',
    'yes',
    '{{ x }}',
    'ü\n',
    '😀',
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e25,
    1e-7,
    [],
    {},
  ),
  fc.array(fc.constantFrom(1, 'a', null, [2]), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('k', 'l', 'ü'), fc.constantFrom(1, 'a', null, { m: [] }), {
    noNullPrototype: true,
    maxKeys: 2,
  }),
);

const mapOf = (variables: Variables<unknown>): object => Object.fromEntries(variables);

/** A script that prints the groups, with the variables of the hosts beside them or for each host when it is asked. */
export const renderScript = (groups: Model<unknown, unknown>): fc.Arbitrary<string> =>
  fc.tuple(fc.boolean(), fc.boolean()).map(([withMeta, short]) => {
    const hostvars = new Map(groups.flatMap(({ hosts }) => hosts.map((host) => [host.entry, mapOf(host.variables)])));
    const bodies = groups.map(({ name, hosts, children, variables: group }) => {
      const members = hosts.map(({ entry }) => entry);
      const isShort = short && children.length === 0 && group.length === 0;
      return [name, isShort ? members : { hosts: members, children, vars: mapOf(group) }] as const;
    });
    const list = {
      ...Object.fromEntries(bodies),
      ...(withMeta && { _meta: { hostvars: Object.fromEntries(hostvars) } }),
    };
    const hosts = [...hostvars]
      .map(([name, own]) => `'--host ${name}') cat <<'END'\n${JSON.stringify(own)}\nEND\n;;\n`)
      .join('');
    return `#!/bin/sh\ncase "$*" in\n--list) cat <<'END'\n${JSON.stringify(list)}\nEND\n;;\n${hosts}esac\n`;
  });

/** An inventory in YAML's shape, as JSON. */
export const renderJson = (groups: Model<unknown, unknown>): string =>
  JSON.stringify(
    Object.fromEntries(
      groups.map(({ name, hosts, children, variables, priority }) => [
        name,
        {
          hosts: Object.fromEntries(
            hosts.map(({ entry, variables: own }) => [entry, own.length === 0 ? null : mapOf(own)]),
          ),
          children: Object.fromEntries(children.map((child) => [child, null])),
          vars: { ...mapOf(variables), ...(priority !== undefined && { ansible_group_priority: priority }) },
        },
      ]),
    ),
    null,
    '\t',
  );
