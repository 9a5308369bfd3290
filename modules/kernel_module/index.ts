import {
  defineModule,
  file,
  modprobeLines,
  Scalar,
  Switch,
  text,
  Type,
  unsupported,
  valueOf,
  type Read,
  type Static,
  type Step,
} from '../../src/contract/index.ts';
import { carriers } from './carriers.ts';
import { initramfs, staleImage } from './initramfs.ts';
import { optionsOf, optionSteps, parameters } from './options.ts';
import { seenModule } from './seen.ts';
import { blacklistedSteps, loadedSteps, unloadedSteps } from './states.ts';

const params = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$',
      description: 'Name of the module; - and _ are equal',
    }),
    state: Type.Optional(
      Type.Enum(['loaded', 'unloaded', 'blacklisted'], {
        description: 'Loaded now and by each boot; not loaded now; or neither loaded now nor by the boot (loaded)',
      }),
    ),
    options: Type.Optional(
      Type.Record(Type.String(), Scalar('Value of an option'), {
        minProperties: 1,
        description: 'Options that it is loaded with; written to a module that runs where it takes them',
      }),
    ),
    hard: Type.Optional(Switch('With blacklisted: not even by name, or for another module (off)')),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

const check = ({ state = 'loaded', options = {}, hard }: Want) => [
  ...(hard !== undefined && state !== 'blacklisted'
    ? [{ param: 'hard', message: 'it goes with state: blacklisted alone' }]
    : []),
  ...(Object.keys(options).length > 0 && state !== 'loaded'
    ? [{ param: 'options', message: `a module that is ${state} has none: they go with state: loaded` }]
    : []),
  ...Object.entries(options).flatMap(([name, value]) => {
    if (!/^[A-Za-z0-9_][\w.-]*$/.test(name)) return [{ param: 'options', message: `${name} is no name of an option` }];
    return /[\s"\\]/.test(String(value))
      ? [{ param: 'options', message: `${name}: the value must be one word, without quotes and backslashes` }]
      : [];
  }),
];

const asked = <T>(needed: boolean, read: Read<T>, otherwise: T): Read<T> =>
  needed ? read : { ops: [], decode: () => otherwise };

const canonical = (name: string): string => name.replaceAll('-', '_');

export default defineModule({
  kind: 'kernel_module',
  summary: 'A kernel module: loaded with options, unloaded, or blacklisted',
  params,
  stores: ['modules-load.d', 'modprobe.d'],
  removable: false,
  check,
  observe: ({ name, state = 'loaded', options }) => ({
    module: seenModule(canonical(name)),
    parameters: parameters(canonical(name), optionsOf(options)),
    configuration: modprobeLines,
    kernelLine: file('/proc/cmdline', text),
    toLoad: asked(state === 'blacklisted', file('/etc/modules-load.d/perfplay.conf', text), {
      codec: text,
      errno: 'ENOENT',
    }),
    carriers: asked(state !== 'loaded', carriers, new Map()),
    initramfs: asked(state === 'blacklisted' || options !== undefined, initramfs, {
      configured: new Set<string>(),
      newer: [],
      command: '',
    }),
  }),
  plan: ({ name: written, state = 'loaded', options: given, hard }, seen): readonly Step[] => {
    const name = canonical(written);
    const { module, configuration } = seen;
    const key = `kernel_module/${name}`;
    const stale = staleImage(name, module.known, seen.initramfs);
    if (module.known.kind === 'alias')
      return [unsupported(key, `${written} is another name of ${module.known.of}: name that`)];
    if (state === 'unloaded') return unloadedSteps(name, module, seen.carriers);
    if (state === 'blacklisted') {
      const isToLoad = (valueOf(seen.toLoad) ?? '').split('\n').map(canonical).includes(name);
      return [...stale, ...blacklistedSteps(name, module, { hard, isToLoad, configuration, carriers: seen.carriers })];
    }
    const options = optionsOf(given);
    const load = module.state === 'built in' ? [] : [key];
    const optional = optionSteps(name, options, module, seen.parameters, valueOf(seen.kernelLine) ?? '', load);
    return [...stale, ...loadedSteps(name, module, { options, optional, configuration })];
  },
});
