import {
  asList,
  choice,
  choices,
  defineModule,
  disks,
  files,
  integer,
  Names,
  naturally,
  Selector,
  selectDisks,
  setting,
  text,
  Type,
  understand,
  unsupported,
  valueOf,
  type Codec,
  type Disk,
  type Finding,
  type Read,
  type Reading,
  type Setting,
  type Static,
  type Step,
} from '../../src/contract/index.ts';
import { chooseScheduler } from './scheduler.ts';

const params = Type.Object(
  {
    devices: Selector,
    scheduler: Type.Optional(
      Names('I/O scheduler, or the first available of several (noop is none where the kernel says none)'),
    ),
    nomerges: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2,
        description: 'Requests are merged (0), only where it is cheap (1), never (2)',
      }),
    ),
    rq_affinity: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2,
        description: 'A request completes anywhere (0), near its CPU (1), on its CPU (2)',
      }),
    ),
    nr_requests: Type.Optional(Type.Integer({ minimum: 4, description: 'Requests that a queue holds' })),
    read_ahead_kb: Type.Optional(Type.Integer({ minimum: 0, description: 'Read ahead of sequential readers' })),
  },
  { additionalProperties: false, minProperties: 2 },
);
type Want = Static<typeof params>;

const numbers = ['nomerges', 'rq_affinity', 'nr_requests', 'read_ahead_kb'] as const;

type Attributes<T> = ReadonlyMap<string, Reading<T>>;

/** `queue/NAME` of every disk, where the task says anything of it. */
const attribute = <T>(name: string, codec: Codec<T>, asked: boolean): Read<Attributes<T>> =>
  asked ? files(`/sys/block/*/queue/${name}`, codec) : { ops: [], decode: () => new Map() };

const readingOf = <T>(attributes: Attributes<T>, { name }: Disk, attribute: string, codec: Codec<T>): Reading<T> => {
  const path = `/sys/block/${name}/queue/${attribute}`;
  return attributes.get(path) ?? understand(codec, undefined, { kind: 'attribute', path });
};

const keyOf = ({ name }: Disk, attribute: string): string => `block_queue/${name}/${attribute}`;

const keep = <T>(
  disk: Disk,
  attribute: string,
  want: T,
  running: Reading<T>,
  more: Partial<Setting<T>> = {},
): Setting<T> =>
  setting(
    keyOf(disk, attribute),
    want,
    running,
    { store: 'udev', name: `block/${disk.name}/queue/${attribute}`, value: running.codec.encode(want) },
    more,
  );

const schedulerStep = (
  disk: Disk,
  wanted: readonly string[],
  schedulers: Attributes<string>,
  zones: Attributes<string>,
): Step => {
  const running = readingOf(schedulers, disk, 'scheduler', choice);
  const key = keyOf(disk, 'scheduler');
  if (!('raw' in running)) return keep(disk, 'scheduler', wanted[0]!, running);
  const offered = choices(running.raw);
  const chosen = chooseScheduler(wanted, offered);
  // A queue of requests brackets its choice; a lone bare word is all that a bio-based disk has.
  if (!running.raw.includes('['))
    return chosen === running.value
      ? { ...keep(disk, 'scheduler', chosen, running), persist: { store: 'none', because: 'the disk has no other' } }
      : unsupported(
          key,
          `${disk.name}: its driver queues no requests, so there is nothing to schedule (it shows ${running.value})`,
        );
  if (chosen === undefined)
    return unsupported(key, `${disk.name}: the kernel offers ${offered.join(', ')}, not ${wanted.join(' or ')}`);
  const zoned = valueOf(zones.get(`/sys/block/${disk.name}/queue/zoned`)) ?? 'none';
  if (zoned !== 'none' && !/^(mq-)?deadline$/.test(chosen)) {
    const message = `${disk.name}: a ${zoned} zoned disk must keep mq-deadline, which writes its zones in order: not ${chosen}`;
    return { key, finding: 'refused', message } satisfies Finding;
  }
  return keep(disk, 'scheduler', chosen, running, { allowed: offered });
};

const nothingMeant = (selector: Want['devices'], all: readonly Disk[]): Finding => {
  const partitions = asList<string>(selector.name).flatMap((name) => {
    const whole = all.find((disk) => name.startsWith(disk.name) && /^p?\d+$/.test(name.slice(disk.name.length)));
    return whole ? [`; ${name} is a partition, and the queue is its disk's: ${whole.name}`] : [];
  });
  const names = all.map(({ name, driver }) => (driver === undefined ? name : `${name} (${driver})`));
  return unsupported(
    'block_queue',
    `no disk is meant by ${JSON.stringify(selector)}; the host has ${names.join(', ') || 'none'}${partitions.join('')}`,
  );
};

export default defineModule({
  kind: 'block_queue',
  summary: 'I/O scheduler and queue settings of disks, by selector; kept by udev rules',
  params,
  stores: ['udev'],
  removable: true,
  check: ({ devices, read_ahead_kb: readAhead = 0 }) => [
    ...(devices.nic === undefined
      ? []
      : [{ param: 'devices', message: 'nic means network cards, and these have no block queue' }]),
    ...(readAhead % 4 === 0
      ? []
      : [
          {
            param: 'read_ahead_kb',
            message: `the kernel keeps whole pages: ${readAhead} would become ${readAhead - (readAhead % 4)}`,
          },
        ]),
  ],
  observe: (want) => ({
    disks,
    scheduler: attribute('scheduler', choice, want.scheduler !== undefined),
    zoned: attribute('zoned', text, want.scheduler !== undefined),
    nomerges: attribute('nomerges', integer, want.nomerges !== undefined),
    rq_affinity: attribute('rq_affinity', integer, want.rq_affinity !== undefined),
    nr_requests: attribute('nr_requests', integer, want.nr_requests !== undefined),
    read_ahead_kb: attribute('read_ahead_kb', integer, want.read_ahead_kb !== undefined),
  }),
  plan: (want, seen): readonly Step[] => {
    const selected = [...selectDisks(want.devices, seen.disks)].sort((left, right) => naturally(left.name, right.name));
    if (selected.length === 0) return [nothingMeant(want.devices, seen.disks)];
    const schedulers = asList<string>(want.scheduler);
    return selected.flatMap((disk): readonly Step[] => [
      ...(schedulers.length > 0 ? [schedulerStep(disk, schedulers, seen.scheduler, seen.zoned)] : []),
      ...numbers.flatMap((name): readonly Step[] => {
        const value = want[name];
        if (value === undefined) return [];
        // Another scheduler brings a depth of its own.
        const more = name === 'nr_requests' && schedulers.length > 0 ? { dependsOn: [keyOf(disk, 'scheduler')] } : {};
        return [keep(disk, name, value, readingOf(seen[name], disk, name, integer), more)];
      }),
    ]);
  },
});
