import {
  conflict,
  defineModule,
  setting,
  Switch,
  Type,
  unit,
  unsupported,
  type Finding,
  type Reading,
  type Setting,
  type Static,
  type Step,
} from '../../src/contract/index.ts';

const params = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9:_.@\\\\][A-Za-z0-9:_.@\\\\-]*$',
      description: 'Name of the systemd unit; without a suffix it is a .service',
    }),
    state: Type.Optional(Type.Enum(['started', 'stopped'], { description: 'Running now, or not' })),
    enabled: Type.Optional(Switch('Started by the next boot, or not')),
    masked: Type.Optional(Switch('Kept from being started by anything')),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

const check = ({ state, enabled, masked }: Want) => [
  ...(state === undefined && enabled === undefined && masked === undefined
    ? [{ param: 'state', message: 'nothing is wanted: give state, enabled or masked' }]
    : []),
  ...(masked === true && state === 'started' ? [{ param: 'masked', message: 'a masked unit cannot be started' }] : []),
  ...(masked === true && enabled === true ? [{ param: 'masked', message: 'a masked unit cannot be enabled' }] : []),
];

/** Unit types of systemd(1). */
const suffix = /\.(service|socket|target|timer|path|mount|automount|swap|slice|scope|device)$/;

const unitName = (name: string): string => (suffix.test(name) ? name : `${name}.service`);

/** States in which `systemctl enable` leaves things as they are. Rule: systemctl(1), is-enabled. */
const notForEnabling = new Map([
  ['static', 'has no [Install] section'],
  ['indirect', 'is enabled through another unit only'],
  ['generated', 'is generated anew at each boot'],
  ['transient', 'lasts only until the boot'],
]);

/** UnitFileState as systemd gave it; empty where the unit is not installed. */
const fileState = (reading: Reading<boolean>): string => ('raw' in reading ? reading.raw : '');

const isInstalled = (reading: Reading<boolean>): boolean => !('errno' in reading) || reading.errno !== 'ENOENT';

/** Units without which nobody connects any more: sshd, networks, packet filters. */
const carriesSessions =
  /^(?:sshd?|dropbear|networking|NetworkManager|systemd-networkd|wicked|netplan|firewalld|nftables|iptables|ufw)(?:@.*)?\.(?:service|socket)$/;

export default defineModule({
  kind: 'service',
  summary: 'A systemd unit: running or not, enabled or not, masked or not',
  params,
  stores: [],
  removable: false,
  check,
  observe: ({ name }) => ({ unit: unit(unitName(name)) }),
  plan: ({ name, state, enabled, masked }, { unit: seen }): readonly Step[] => {
    const full = unitName(name);
    const key = (aspect: string): string => `service/${full}/${aspect}`;
    const file = fileState(seen.enabled);
    const isMasked = file.startsWith('masked');
    const unmasks = masked === false && isInstalled(seen.masked);

    const own = (aspect: 'active' | 'enabled' | 'masked', want: boolean | undefined): readonly Setting<boolean>[] =>
      want === undefined
        ? []
        : [
            setting(
              key(aspect),
              want,
              seen[aspect],
              aspect === 'active'
                ? { store: 'none', because: 'enabled says what the boot starts' }
                : { store: 'itself' },
              {
                ...(aspect !== 'masked' && unmasks && { dependsOn: [key('masked')] }),
                ...(aspect === 'active' && carriesSessions.test(full) && { risks: 'session' }),
              },
            ),
          ];
    const active = own('active', state === undefined ? undefined : state === 'started');
    const onBoot = own('enabled', enabled);

    const why = notForEnabling.get(file);
    const findings: readonly Finding[] = [
      ...(enabled === true && why !== undefined
        ? [
            {
              ...unsupported(key('enabled'), `${full} cannot be enabled: it ${why} (${file}); it can only be masked`),
              blocks: [key('enabled')],
            },
          ]
        : []),
      ...(isMasked && masked === undefined && (enabled === true || state === 'started')
        ? [
            conflict(
              key('masked'),
              `${full} is masked: masked: off unmasks it`,
              [...(state === 'started' ? active : []), ...(enabled === true ? onBoot : [])].map((one) => one.key),
            ),
          ]
        : []),
    ];
    // Unmasked before it is enabled and started; stopped and disabled before it is masked.
    return [
      ...findings,
      ...(unmasks ? own('masked', false) : []),
      ...(state === 'stopped' ? [...active, ...onBoot] : [...onBoot, ...active]),
      ...(masked === true ? own('masked', true) : []),
    ];
  },
});
