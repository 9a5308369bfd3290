import {
  choice,
  defineModule,
  file,
  integer,
  query,
  setting,
  Switch,
  text,
  Type,
  unsupported,
  valueOf,
  type Codec,
  type Finding,
  type Read,
  type Reading,
  type Setting,
  type Static,
  type Step,
} from '../../src/contract/index.ts';
import { tooLittleMemory } from './memory.ts';
import { ownerFindings, owners, stopOwners } from './owners.ts';

const folder = '/sys/kernel/mm/ksm';

const params = Type.Object(
  {
    run: Type.Optional(
      Type.Union([Switch('Merging runs, or is off'), Type.Literal('unmerge')], {
        description: 'on, off (merged pages stay merged), or unmerge (off, and every page its own again)',
      }),
    ),
    pages_to_scan: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65535, description: 'Pages looked at before each sleep' }),
    ),
    sleep_ms: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 60000, description: 'Sleep between two looks, in milliseconds' }),
    ),
    owners: Type.Optional(
      Type.Enum(['stop', 'conflict'], {
        description: 'What becomes of services that set KSM too: ksmtuned, ksm, qemu-kvm (conflict)',
      }),
    ),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

/** 0: off; 1: runs; 2: off and unmerged, which is off as well. Rule: Documentation/admin-guide/mm/ksm. */
const runCodec: Codec<number> = { ...integer, equal: (left, right) => left === right || (left === 2 && right === 0) };
const runNumber = (run: NonNullable<Want['run']>): number => (run === 'unmerge' ? 2 : run ? 1 : 0);

const notAsked: Read<Reading<number>> = { ops: [], decode: () => ({ codec: integer, errno: 'ENOENT' }) };

export default defineModule({
  kind: 'ksm',
  summary: 'Kernel samepage merging: on, off or unmerged, its pace, and the services that would set it otherwise',
  params,
  stores: ['tmpfiles.d'],
  removable: true,
  check: ({ run, pages_to_scan: pages, sleep_ms: sleep }: Want) =>
    run === undefined && pages === undefined && sleep === undefined
      ? [{ param: 'run', message: 'nothing is wanted: give run, pages_to_scan or sleep_ms' }]
      : [],
  observe: ({ run }) => ({
    run: file(`${folder}/run`, runCodec),
    pages: file(`${folder}/pages_to_scan`, integer),
    sleep: file(`${folder}/sleep_millisecs`, integer),
    advisor: file(`${folder}/advisor_mode`, choice),
    sharing: file(`${folder}/pages_sharing`, integer),
    meminfo: file('/proc/meminfo', text),
    pageSize: run === 'unmerge' ? query(['getconf', 'PAGESIZE'], integer) : notAsked,
    owners,
  }),
  plan: (want, seen): readonly Step[] => {
    if (!('value' in seen.run) && seen.run.errno === 'ENOENT')
      return [unsupported('ksm', `${folder} does not exist: the kernel is built without KSM`)];
    const { run, pages_to_scan: pages, sleep_ms: sleep } = want;
    const before = want.owners === 'stop' ? stopOwners(want, seen.owners) : [];
    const dependsOn = before.map(({ key }) => key);
    const value = (
      attribute: string,
      wanted: number | undefined,
      reading: Reading<number>,
    ): readonly Setting<number>[] =>
      wanted === undefined
        ? []
        : [
            setting(
              `ksm/${attribute}`,
              wanted,
              reading,
              {
                store: 'tmpfiles.d',
                name: `${folder}/${attribute}`,
                value: String(wanted),
                accepts: (next) => reading.codec.equal?.(integer.decode(next), wanted) ?? false,
              },
              { dependsOn },
            ),
          ];
    const settings = [
      ...value('pages_to_scan', pages, seen.pages),
      ...value('sleep_millisecs', sleep, seen.sleep),
      ...value('run', run === undefined ? undefined : runNumber(run), seen.run),
    ];
    const advisor = valueOf(seen.advisor);
    return [
      ...(want.owners === 'stop'
        ? []
        : ownerFindings(
            want,
            seen.owners,
            settings.map(({ key }) => key),
          )),
      ...(pages !== undefined && advisor !== undefined && advisor !== 'none'
        ? [
            {
              key: 'ksm/advisor_mode',
              finding: 'refused',
              message: `advisor_mode is ${advisor}: the kernel sets pages_to_scan itself`,
              blocks: ['ksm/pages_to_scan'],
            } satisfies Finding,
          ]
        : []),
      ...(run === 'unmerge' ? tooLittleMemory(seen) : []),
      ...before,
      ...settings,
    ];
  },
});
