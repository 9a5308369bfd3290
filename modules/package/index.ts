import {
  asList,
  defineModule,
  derived,
  Names,
  os,
  setting,
  Switch,
  text,
  Type,
  unsupported,
  type Static,
  type Step,
} from '../../src/contract/index.ts';
import { installed } from './installed.ts';
import { changing, manager } from './managers.ts';

const params = Type.Object(
  {
    name: Names('Name of the package, as the package manager of the host has it'),
    state: Type.Optional(Type.Enum(['present', 'absent'], { description: 'Installed, or not (present)' })),
    update_cache: Type.Optional(Switch('Where a package is missing, the list of packages is made anew first (off)')),
    recommends: Type.Optional(Switch('Packages that it recommends come along (as the package manager is set)')),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

/** As dpkg and rpm name packages, with an architecture or without; apt-get would take `foo-` for the removal of foo. */
const isName = (name: string): boolean =>
  /^[A-Za-z0-9]([A-Za-z0-9+._-]*[A-Za-z0-9+])?(:[a-z0-9][a-z0-9-]*)?$/.test(name);

const check = ({ name, state, update_cache: update, recommends }: Want) => [
  ...asList<string>(name)
    .filter((one) => !isName(one))
    .map((one) => ({
      param: 'name',
      message: `${one} is no name of a package`,
      ...(/[=<>]/.test(one) && { hint: 'versions are not chosen here: leave it out' }),
    })),
  ...(state === 'absent' && update !== undefined
    ? [{ param: 'update_cache', message: 'it goes with state: present alone' }]
    : []),
  ...(state === 'absent' && recommends !== undefined
    ? [{ param: 'recommends', message: 'it goes with state: present alone' }]
    : []),
];

export default defineModule({
  kind: 'package',
  summary: 'Packages of the distribution, by apt, dnf, yum or zypper: installed or not, whichever version',
  params,
  stores: [],
  removable: false,
  check,
  observe: ({ name }) => ({ os, manager, installed: installed([...new Set(asList<string>(name))]) }),
  plan: ({ name, state = 'present', update_cache: update = false, recommends }, seen): readonly Step[] => {
    const names = [...new Set(asList<string>(name))];
    const { manager: own } = seen;
    if (!own)
      return [
        unsupported('package', `no package manager for ${seen.os.id} is known here: apt, dnf, yum and zypper are`),
      ];
    const states = new Map(names.map((one) => [one, seen.installed(own.database, one)]));
    const firstMissing = names.find((one) => states.get(one) === false);
    return names.map((one) => {
      const present = states.get(one);
      const target = {
        kind: 'program',
        name: `package ${one}`,
        set: changing(own, one, { update: update && one === firstMissing, recommends }),
      } as const;
      return setting(
        `package/${one}`,
        state === 'present' ? 'present' : null,
        present === undefined
          ? { codec: text, target, errno: 'EUNKNOWN' }
          : derived(present ? 'present' : undefined, text, target),
        { store: 'itself' },
      );
    });
  },
});
