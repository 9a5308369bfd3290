import {
  defineModule,
  entry,
  file,
  Scalar,
  setting,
  shellVars,
  Switch,
  Type,
  unsupported,
  warning,
  type Finding,
  type Reading,
  type Setting,
  type Static,
  type Step,
} from '../../src/contract/index.ts';
import { machines, type Machine } from './machines.ts';
import { moduleSteps, vhostModule } from './vhost-module.ts';

const path = '/etc/default/qemu-kvm';

const params = Type.Object(
  {
    vhost_net: Type.Optional(Switch('Guest packets go through the kernel (vhost) instead of QEMU')),
    defaults: Type.Optional(
      Type.Record(Type.String(), Scalar('Value of a key'), { minProperties: 1, description: `More keys of ${path}` }),
    ),
    running_vms: Type.Optional(
      Type.Enum(['report', 'fail'], {
        description: 'Machines that run without vhost are pending, or make the task fail (report)',
      }),
    ),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

const check = ({ vhost_net: vhost, defaults = {} }: Want) => [
  ...(vhost === undefined && Object.keys(defaults).length === 0
    ? [{ param: 'vhost_net', message: 'nothing is wanted: give vhost_net or defaults' }]
    : []),
  ...Object.entries(defaults).flatMap(([name, value]) => {
    const problem = (message: string, hint?: string) => [{ param: 'defaults', message, ...(hint && { hint }) }];
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return problem(`${name} is no name of a shell variable`);
    if (/[\n\0]/.test(String(value))) return problem(`${name}: the value must be one line`);
    if (name === 'KSM_ENABLED') return problem('KSM_ENABLED belongs to ksm', 'use ksm: {run: off, owners: stop}');
    if (name === 'VHOST_NET_ENABLED') return problem('VHOST_NET_ENABLED is set by vhost_net', 'use vhost_net: on');
    return [];
  }),
];

/** A machine takes its NICs' backends at its start: only a new QEMU process, or a live migration, gives it vhost. */
const withoutVhost = ({ name, taps }: Machine, fail: boolean): readonly Finding[] => {
  const slow = taps.filter(({ vhost, emulated }) => !vhost && emulated === undefined);
  const emulated = taps.filter((tap) => tap.emulated !== undefined);
  const key = `qemu_kvm/${name}`;
  const message = `${name} runs without vhost (${slow.map(({ id }) => id).join(' ')}): stop and start it, or migrate it; a reboot of the guest is not enough`;
  return [
    ...(slow.length === 0
      ? []
      : fail
        ? [{ key, finding: 'ineffective', message } as const]
        : [{ key, finding: 'pending', pending: `restart:${name}`, message } as const]),
    ...emulated.map(({ id, emulated: model }) =>
      warning(key, `${name}: ${id} is an emulated ${model}, which vhost does not serve: use virtio`),
    ),
  ];
};

export default defineModule({
  kind: 'qemu_kvm',
  summary:
    'vhost for the guests of QEMU: the package’s defaults, the kernel module, and the machines that still run without',
  params,
  stores: ['modules-load.d'],
  removable: true,
  check,
  observe: () => ({ defaults: file(path, shellVars), module: vhostModule, machines }),
  plan: ({ vhost_net: vhost, defaults = {}, running_vms: running }, seen): readonly Step[] => {
    const noFile = !('value' in seen.defaults) && seen.defaults.errno === 'ENOENT';
    const line = (name: string, value: string): Setting<string> => {
      const reading = entry(seen.defaults, name);
      const running: Reading<string> = 'errno' in seen.defaults ? { ...reading, errno: seen.defaults.errno } : reading;
      return setting(`qemu_kvm/${name}`, value, running, { store: 'itself' });
    };
    const lines = Object.entries(defaults).map(([name, value]) => line(name, String(value)));
    return [
      ...(noFile && lines.length > 0
        ? [unsupported('qemu_kvm/defaults', `${path} does not exist: nothing here reads it`)]
        : []),
      ...(noFile && vhost !== undefined
        ? [
            warning(
              'qemu_kvm/VHOST_NET_ENABLED',
              `${path} does not exist: the kernel module and modules-load.d alone do the work`,
            ),
          ]
        : []),
      ...(noFile || vhost === undefined ? [] : [line('VHOST_NET_ENABLED', vhost ? '1' : '0')]),
      ...(vhost === undefined ? [] : moduleSteps(vhost, seen.module)),
      ...(noFile ? [] : lines),
      ...(vhost === true ? seen.machines.flatMap((machine) => withoutVhost(machine, running === 'fail')) : []),
    ];
  },
});
