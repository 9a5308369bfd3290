import {
  asList,
  defineModule,
  file,
  integer,
  isSetting,
  Switch,
  text,
  Type,
  unsupported,
  valueOf,
  words,
  zeroOne,
  type Finding,
  type Static,
  type Step,
} from '../../src/contract/index.ts';
import { boostSteps, globalBoost, inverted, noTurbo } from './boost.ts';
import { governors, governorSteps, preferences, preferenceSteps } from './governor.ts';
import { limitSteps } from './limits.ts';
import { activeOwners, ownerFindings } from './owners.ts';
import { affectedCpus, onlinePolicies, perPolicy } from './policies.ts';

const governor = Type.Enum([...governors]);
const limit = (description: string) =>
  Type.Union([Type.Integer({ minimum: 1 }), Type.Literal('hardware')], { description });

const params = Type.Object(
  {
    governor: Type.Optional(
      Type.Union([governor, Type.Array(governor, { minItems: 1 })], {
        description: 'Governor, or several: the first that is available',
      }),
    ),
    epp: Type.Optional(
      Type.Enum([...preferences], { description: 'Energy performance preference of intel_pstate and amd-pstate' }),
    ),
    min_khz: Type.Optional(limit('Lowest frequency in kHz, or the lowest of the hardware')),
    max_khz: Type.Optional(limit('Highest frequency in kHz, or the highest of the hardware')),
    boost: Type.Optional(Switch('Frequencies above the nominal one (turbo)')),
  },
  { additionalProperties: false, minProperties: 1 },
);
type Want = Static<typeof params>;

const check = ({ governor: wanted, epp, min_khz: min, max_khz: max }: Want) => [
  ...(epp === 'default'
    ? [
        {
          param: 'epp',
          message: 'default reads back as another name',
          hint: 'balance_performance is what most hosts begin with',
        },
      ]
    : []),
  ...(epp !== undefined && epp !== 'performance' && asList<string>(wanted).includes('performance')
    ? [
        {
          param: 'epp',
          message: `with the governor performance the kernel takes no ${epp} (EBUSY)`,
          hint: 'leave epp out, or set governor: powersave',
        },
      ]
    : []),
  ...(typeof min === 'number' && typeof max === 'number' && min > max
    ? [{ param: 'min_khz', message: `${min} is above max_khz ${max}` }]
    : []),
];

/** A boost that is still to be switched moves the hardware's limits: they are read once it stands. */
const heldLimits = (
  { min_khz: min, max_khz: max }: Want,
  boost: readonly Step[],
  limits: readonly Step[],
): readonly Finding[] => {
  const switches = boost.filter(isSetting).some(({ running, want }) => valueOf(running) !== want);
  const held = limits.filter(isSetting).map(({ key }) => key);
  return switches && held.length > 0 && (min === 'hardware' || max === 'hardware')
    ? [
        {
          key: 'cpufreq/limits',
          finding: 'warning',
          message: 'the limits follow once boost is switched: the hardware range moves with it',
          blocks: held,
        },
      ]
    : [];
};

export default defineModule({
  kind: 'cpufreq',
  summary: 'CPU frequency: governor, energy preference, limits and boost of every policy that has a CPU online',
  params,
  stores: ['boot.tab'],
  removable: true,
  check,
  observe: ({ governor: wanted, epp, min_khz: min, max_khz: max, boost }) => {
    const limits = min !== undefined || max !== undefined;
    const governed = wanted !== undefined || epp !== undefined;
    return {
      affected: affectedCpus,
      owners: activeOwners,
      driver: perPolicy('scaling_driver', text, governed),
      governor: perPolicy('scaling_governor', text, governed),
      available: perPolicy('scaling_available_governors', words, wanted !== undefined),
      epp: perPolicy('energy_performance_preference', text, epp !== undefined),
      preferences: perPolicy('energy_performance_available_preferences', words, epp !== undefined),
      min: perPolicy('scaling_min_freq', integer, limits),
      max: perPolicy('scaling_max_freq', integer, limits),
      hardwareMin: perPolicy('cpuinfo_min_freq', integer, limits),
      hardwareMax: perPolicy('cpuinfo_max_freq', integer, limits),
      policyBoost: perPolicy('boost', zeroOne, boost !== undefined),
      boost: file(globalBoost, zeroOne),
      noTurbo: file(noTurbo, inverted),
    };
  },
  plan: (want, seen): readonly Step[] => {
    const online = onlinePolicies(seen.affected);
    if (!online)
      return [unsupported('cpufreq', 'the host has no frequency policy: a virtual machine, or no frequency driver')];
    const boost = want.boost === undefined ? [] : boostSteps(want.boost, online, seen);
    const governed = want.governor === undefined ? [] : governorSteps(asList<string>(want.governor), online, seen);
    const preferred = want.epp === undefined ? [] : preferenceSteps(want.epp, online, seen, governed.filter(isSetting));
    const limits = limitSteps(want.min_khz, want.max_khz, online, seen);
    const steps = [...boost, ...governed, ...preferred, ...limits];
    return [...ownerFindings(seen.owners, steps.filter(isSetting)), ...heldLimits(want, boost, limits), ...steps];
  },
});
