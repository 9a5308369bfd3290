import {
  defineModule,
  fields,
  file,
  Scalar,
  setting,
  sysctlPath,
  Type,
  understand,
  unsupported,
  valueOf,
  warning,
  type Codec,
  type Finding,
  type Read,
  type Reading,
  type Static,
  type Step,
} from '../../src/contract/index.ts';
import { whyMissing } from './missing.ts';
import { agrees, understood } from './wanted.ts';

const atLeast = Type.Object(
  { min: Type.Integer() },
  { additionalProperties: false, description: 'This or a higher value' },
);
const atMost = Type.Object(
  { max: Type.Integer() },
  { additionalProperties: false, description: 'This or a lower value' },
);

const params = Type.Object(
  {
    values: Type.Record(Type.String(), Type.Union([Scalar('The value; several fields as one text'), atLeast, atMost]), {
      minProperties: 1,
      description: 'Keys in dot or slash spelling (sysctl.d(5)), each with its value',
    }),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

/** A path below /proc/sys: no empty, hidden or parent folder in it, nothing that a shell expands. */
const isPath = (path: string): boolean => /^[A-Za-z0-9_][\w.:@+-]*(\/[A-Za-z0-9_][\w.:@+-]*)+$/.test(path);

/** Writing one of a pair sets the other to 0. Rule: Documentation/admin-guide/sysctl/vm. */
const exclusive = [
  ['vm/dirty_ratio', 'vm/dirty_bytes'],
  ['vm/dirty_background_ratio', 'vm/dirty_background_bytes'],
] as const;

const check = ({ values }: Want) => {
  const problem = (message: string, hint?: string) => ({ param: 'values', message, ...(hint && { hint }) });
  const byPath = new Map<string, string>();
  const problems = Object.entries(values).flatMap(([key, value]) => {
    const path = sysctlPath(key);
    if (!isPath(path))
      return [problem(`${key} is no sysctl key`, 'such as vm.swappiness or net/ipv4/conf/eth0.100/rp_filter')];
    const other = byPath.get(path);
    if (other !== undefined) return [problem(`${other} and ${key} are one key`)];
    byPath.set(path, key);
    return typeof value === 'string' && /[\n\0]/.test(value) ? [problem(`${key}: the value must be one line`)] : [];
  });
  const pairs = exclusive.flatMap(([left, right]) => {
    const [one, other] = [byPath.get(left), byPath.get(right)];
    return one !== undefined && other !== undefined
      ? [problem(`${one} and ${other}: the kernel sets one to 0 when the other is written`)]
      : [];
  });
  return [...problems, ...pairs];
};

/** Values of /etc/sysctl.conf by path, the last of a key. */
const administrators: Codec<ReadonlyMap<string, string>> = {
  decode: (raw) =>
    new Map(
      raw.split('\n').flatMap((line) => {
        const match = /^\s*-?([^#;=\s]+)\s*=\s*(.*)$/.exec(line);
        return match ? [[sysctlPath(match[1]!), fields.decode(match[2]!)]] : [];
      }),
    ),
  encode: (values) => [...values].map(([path, value]) => `${path} = ${value}\n`).join(''),
};

/** Each key's reading by its path under /proc/sys. */
const readings = (values: Want['values']): Read<ReadonlyMap<string, Reading<string>>> => {
  const all = Object.entries(values).map(([key, wanted]) => {
    const path = sysctlPath(key);
    return [path, file(`/proc/sys/${path}`, understood(wanted).codec)] as const;
  });
  return {
    ops: all.flatMap(([, { ops }]) => ops),
    decode: (snapshot) => new Map(all.map(([path, { decode }]) => [path, decode(snapshot)])),
  };
};

export default defineModule({
  kind: 'sysctl',
  summary: 'Kernel parameters under /proc/sys: exact values, or a bound that leaves a better value alone',
  params,
  stores: ['sysctl.d'],
  removable: true,
  check,
  observe: ({ values }) => ({ keys: readings(values), administrators: file('/etc/sysctl.conf', administrators) }),
  plan: ({ values }, seen): readonly Step[] =>
    Object.entries(values).flatMap(([key, wanted]): readonly Step[] => {
      const path = sysctlPath(key);
      const name = `sysctl/${path.replaceAll(/[./]/g, (mark) => (mark === '/' ? '.' : '/'))}`;
      const want = understood(wanted);
      const running = seen.keys.get(path) ?? understand(want.codec, undefined);
      const now = valueOf(running);
      const findings: Finding[] = [];
      if ('errno' in running && running.errno === 'ENOENT')
        findings.push({
          ...unsupported(name, `/proc/sys/${path} does not exist: ${whyMissing(path)}`),
          blocks: [name],
        });
      if (want.bound && now?.includes(' '))
        findings.push({
          key: name,
          finding: 'refused',
          message: `${key} is a row of numbers (${now}): min and max compare one`,
          blocks: [name],
        });
      const other = valueOf(seen.administrators)?.get(path);
      if (other !== undefined && !agrees(want, other))
        findings.push(warning(name, `/etc/sysctl.conf sets ${key} = ${other}, which sysctl --system reads last`));
      // A better value that runs is kept for the boot too.
      const kept = want.bound && now !== undefined && agrees(want, now) ? now : want.value;
      return [
        ...findings,
        setting(name, want.value, running, {
          store: 'sysctl.d',
          name: path,
          value: kept,
          accepts: (next) => agrees(want, next),
        }),
      ];
    }),
});
