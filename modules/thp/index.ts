import {
  choice,
  choices,
  defineModule,
  derived,
  file,
  files,
  integer,
  kernelWords,
  naturally,
  setting,
  text,
  Type,
  unsupported,
  valueOf,
  warning,
  type Finding,
  type Reading,
  type Setting,
  type Static,
  type Step,
} from '../../src/contract/index.ts';
import { tuned, tunedFindings } from './tuned.ts';

const folder = '/sys/kernel/mm/transparent_hugepage';

const params = Type.Object(
  {
    enabled: Type.Optional(
      Type.Enum(['always', 'madvise', 'never'], { description: 'Which memory gets huge pages by itself' }),
    ),
    defrag: Type.Optional(
      Type.Enum(['always', 'defer', 'defer+madvise', 'madvise', 'never'], {
        description: 'How hard a page fault tries to find a huge page',
      }),
    ),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

type PerSize = ReadonlyMap<string, Reading<string>>;

/**
 * Sizes that do not follow the common word, as text: since Linux 6.8 each size has one of its own, `inherit` by default for the size of
 * a PMD and `never` for the others. Rule: Documentation/admin-guide/mm/transhuge.
 */
const independent = (want: string, sizes: PerSize, pmdBytes: number | undefined): string =>
  [...sizes]
    .flatMap(([path, reading]) => {
      const word = valueOf(reading);
      const size = path.split('/').at(-2)!;
      const isPmd = pmdBytes !== undefined && size === `hugepages-${pmdBytes / 1024}kB`;
      const follows = word === undefined || word === 'inherit' || word === want || (word === 'never' && !isPmd);
      return follows ? [] : [`${size}/enabled is ${word}`];
    })
    .sort(naturally)
    .join(', ');

/** Words that an older kernel does not know: `defer` came with Linux 4.6, `defer+madvise` with 4.11. */
const notOffered = ({ key, want, running, allowed = [] }: Setting<string>): readonly Finding[] =>
  valueOf(running) === undefined || want === null || allowed.includes(want)
    ? []
    : [{ ...unsupported(key, `the kernel offers ${allowed.join(', ')}, not ${want}`), blocks: [key] }];

export default defineModule({
  kind: 'thp',
  summary: 'Transparent huge pages: which memory gets them, and how hard the kernel tries',
  params,
  stores: ['tmpfiles.d'],
  removable: true,
  check: ({ enabled, defrag }: Want) =>
    enabled === undefined && defrag === undefined
      ? [{ param: 'enabled', message: 'nothing is wanted: give enabled or defrag' }]
      : [],
  observe: () => ({
    enabled: file(`${folder}/enabled`, choice),
    defrag: file(`${folder}/defrag`, choice),
    sizes: files(`${folder}/hugepages-*/enabled`, choice),
    pmdBytes: file(`${folder}/hpage_pmd_size`, integer),
    cmdline: file('/proc/cmdline', text),
    tuned,
  }),
  plan: (want, seen): readonly Step[] => {
    if (!('value' in seen.enabled) && seen.enabled.errno === 'ENOENT')
      return [unsupported('thp', `${folder} does not exist: the kernel is built without transparent huge pages`)];
    const one = (
      attribute: 'enabled' | 'defrag',
      word: string | undefined,
      more: Partial<Setting<string>> = {},
    ): readonly Setting<string>[] => {
      const running = seen[attribute];
      return word === undefined
        ? []
        : [
            setting(
              `thp/${attribute}`,
              word,
              running,
              { store: 'tmpfiles.d', name: `${folder}/${attribute}`, value: word },
              { allowed: 'raw' in running ? choices(running.raw) : [], ...more },
            ),
          ];
    };
    const apart = want.enabled === undefined ? '' : independent(want.enabled, seen.sizes, valueOf(seen.pmdBytes));
    const settings = [
      ...one('enabled', want.enabled, apart === '' ? {} : { effective: derived(apart, text) }),
      ...one('defrag', want.defrag),
    ];
    const word = kernelWords(valueOf(seen.cmdline) ?? '').findLast(({ name }) => name === 'transparent_hugepage')?.word;
    const booted = word?.slice(word.indexOf('=') + 1);
    return [
      ...tunedFindings(settings, seen.tuned, booted !== undefined),
      ...settings.flatMap(notOffered),
      ...(want.enabled !== undefined && booted !== undefined && booted !== want.enabled
        ? [
            warning(
              'thp/transparent_hugepage',
              `the kernel line says transparent_hugepage=${booted}: each boot begins with it, until tmpfiles.d is applied; kernel_cmdline can change it`,
            ),
          ]
        : []),
      ...settings,
    ];
  },
});
