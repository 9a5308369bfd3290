import { argv, combine, files, naturally, valueOf, type Read } from '../../src/contract/index.ts';

/** How a running QEMU moves one guest NIC's packets. Other backends (user, socket) and vhost-user, vhost-vdpa are not listed. */
export interface Tap {
  readonly id: string;
  readonly vhost: boolean;
  /** The guest's device where it is not virtio-net: vhost gains nothing there. */
  readonly emulated?: string;
}

export interface Machine {
  readonly name: string;
  readonly taps: readonly Tap[];
}

/** comm is cut after 15 characters. */
const names = [
  'qemu-system-x86',
  'qemu-system-i38',
  'qemu-system-aar',
  'qemu-system-arm',
  'qemu-system-ppc',
  'qemu-system-s39',
  'qemu-system-ris',
  'qemu-kvm',
  'kvm',
];

type Options = ReadonlyMap<string, string>;

/** `tap,id=n0,vhost=on` (a bare first word is `first`'s value, `,,` a comma) or the same as JSON. Rule: qemu(1), QemuOpts and QAPI. */
const optionsOf = (text: string, first: string): Options => {
  if (text.startsWith('{')) {
    try {
      const parsed: unknown = JSON.parse(text);
      return new Map(Object.entries(parsed as object).map(([name, value]) => [name, String(value)]));
    } catch {
      return new Map();
    }
  }
  const parts = text.match(/(?:[^,]|,,)+/g) ?? [];
  return new Map(
    parts.map((part, index) => {
      const [name, value] = part.replaceAll(',,', ',').split(/=(.*)/s, 2) as [string, string | undefined];
      return value === undefined && index === 0 ? [first, name] : [name, value ?? 'on'];
    }),
  );
};

const isOn = (value: string | undefined): boolean => /^(on|yes|true|y)$/.test(value ?? '');

const valuesOf = (words: readonly string[], option: string): readonly string[] =>
  words.flatMap((word, index) => (word === `-${option}` || word === `--${option}` ? [words[index + 1] ?? ''] : []));

/** The devices of guests that speak virtio-net, whatever their bus. */
const isVirtioNet = (model: string): boolean => /^virtio(-net|$)/.test(model);

const tapOf = (backend: Options, model: string | undefined, index: number): readonly Tap[] =>
  backend.get('type') === 'tap'
    ? [
        {
          id: backend.get('id') ?? `nic${index}`,
          vhost: isOn(backend.get('vhost')) || isOn(backend.get('vhostforce')),
          ...(model !== undefined && !isVirtioNet(model) && { emulated: model }),
        },
      ]
    : [];

const machineOf = (path: string, words: readonly string[]): Machine => {
  const devices = valuesOf(words, 'device').map((text) => optionsOf(text, 'driver'));
  const modelOf = (id: string | undefined): string | undefined =>
    devices.find((device) => id !== undefined && device.get('netdev') === id)?.get('driver');
  const name = valuesOf(words, 'name').map((text) => optionsOf(text, 'guest').get('guest'))[0];
  return {
    name: name ?? `pid ${path.split('/')[2]}`,
    taps: [
      ...valuesOf(words, 'netdev')
        .map((text) => optionsOf(text, 'type'))
        .flatMap((one, index) => tapOf(one, modelOf(one.get('id')), index)),
      ...valuesOf(words, 'nic')
        .map((text) => optionsOf(text, 'type'))
        .flatMap((one, index) => tapOf(one, one.get('model'), index)),
    ],
  };
};

/** Every running QEMU process, by name. A NIC that was plugged in later is not on its command line. */
export const machines: Read<readonly Machine[]> = combine(
  { lines: files('/proc/[0-9]*/cmdline', argv, { file: 'comm', matches: names }) },
  ({ lines }) =>
    [...lines]
      .flatMap(([path, reading]) => {
        const words = valueOf(reading) ?? [];
        // Other modules may have asked for other processes' lines.
        return /^(qemu-|kvm)/.test(words[0]?.split('/').at(-1) ?? '') ? [machineOf(path, words)] : [];
      })
      .sort((left, right) => naturally(left.name, right.name)),
);
