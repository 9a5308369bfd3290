import {
  combine,
  conflict,
  entry,
  file,
  setting,
  shellVars,
  unit,
  valueOf,
  type Finding,
  type Reading,
  type Setting,
  type Unit,
} from '../../src/contract/index.ts';

/** What is wanted of KSM, as far as its owners are concerned. */
export interface Wanted {
  readonly run?: boolean | 'unmerge';
  readonly sleep_ms?: number;
}

export const owners = combine(
  {
    ksmtuned: unit('ksmtuned.service'),
    ksm: unit('ksm.service'),
    qemuKvm: unit('qemu-kvm.service'),
    defaults: file('/etc/default/qemu-kvm', shellVars),
  },
  (seen) => seen,
);
export type Owners = ReturnType<typeof owners.decode>;

const works = ({ active, enabled }: Unit): boolean => valueOf(active) === true || valueOf(enabled) === true;

const stopped = (name: string, { active, enabled }: Unit): readonly Setting<boolean>[] => [
  setting(`ksm/${name}/active`, false, active, { store: 'none', because: 'its enablement decides at the boot' }),
  setting(`ksm/${name}/enabled`, false, enabled, { store: 'itself' }),
];

/** Units that set KSM by themselves against what is wanted. ksmtuned sets all of it every minute, ksm.service runs it once. */
const undoing = (want: Wanted, seen: Owners): readonly (readonly [string, Unit])[] => [
  ...(works(seen.ksmtuned) ? [['ksmtuned.service', seen.ksmtuned] as const] : []),
  ...(works(seen.ksm) && want.run !== undefined && want.run !== true ? [['ksm.service', seen.ksm] as const] : []),
];

/** Ubuntu's qemu-kvm.service sets KSM when it starts, by /etc/default/qemu-kvm: it need not be stopped, only told. */
const told = (want: Wanted, { qemuKvm, defaults }: Owners): readonly Setting<string>[] => {
  if (!works(qemuKvm) || !('value' in defaults)) return [];
  const one = (name: string, value: string): Setting<string> =>
    setting(`ksm/qemu-kvm/${name}`, value, entry(defaults, name), { store: 'itself' });
  return [
    ...(want.run === undefined ? [] : [one('KSM_ENABLED', want.run === true ? '1' : '0')]),
    ...(want.sleep_ms === undefined || want.run === false || want.run === 'unmerge'
      ? []
      : [one('SLEEP_MILLISECS', String(want.sleep_ms))]),
  ];
};

/** Settings that keep the owners from undoing what is wanted. */
export const stopOwners = (want: Wanted, seen: Owners): readonly Setting[] => [
  ...stopped('ksmtuned.service', seen.ksmtuned),
  ...(want.run === undefined || want.run === true ? [] : stopped('ksm.service', seen.ksm)),
  ...told(want, seen),
];

/** What the file says, where it says something else; AUTO runs KSM on bare metal, and no line is no order. */
const saysOtherwise = ({ want, running }: Setting<string>): boolean => {
  const value = valueOf(running as Reading<string>);
  return value !== undefined && value !== want && !(value === 'AUTO' && want === '1');
};

/** One conflict for each owner that would undo the settings named `blocks`. */
export const ownerFindings = (want: Wanted, seen: Owners, blocks: readonly string[]): readonly Finding[] => [
  ...undoing(want, seen).map(([name]) =>
    conflict(`ksm/${name}`, `${name} sets KSM by itself: owners: stop stops it`, blocks),
  ),
  ...told(want, seen)
    .filter(saysOtherwise)
    .map(({ key, running }) =>
      conflict(
        key,
        `qemu-kvm.service sets KSM by /etc/default/qemu-kvm (${key.split('/').at(-1)}=${valueOf(running)}): owners: stop changes the line`,
        blocks,
      ),
    ),
];
