import { Conditions, ControllerFile, defineModule, Expression, Type } from '../../src/contract/index.ts';
import { tasksOf } from '../../src/playbook/sequence.ts';
import { bound, threeHosts } from './site.ts';
import type { AnyModule } from '../../src/contract/index.ts';
import type { Value } from '../../src/inventory/types.ts';
import type { HostTask, Scope, Site } from '../../src/playbook/types.ts';
import type { Hosts } from './site.ts';

const plan = { observe: () => ({}), plan: () => [] };
const base = { stores: [], removable: false, ...plan } as const;

/** Modules whose parameters mean more than they say. */
export const marking: ReadonlyMap<string, AnyModule> = new Map<string, AnyModule>(
  [
    defineModule({
      ...base,
      kind: 'put',
      summary: 'files of the controller',
      params: Type.Object({
        src: Type.Optional(ControllerFile('bytes')),
        template: Type.Optional(ControllerFile('a template', 'template')),
        more: Type.Optional(Type.Array(Type.Object({ file: ControllerFile('bytes') }))),
        mode: Type.Optional(Type.String()),
      }),
      check: ({ src }) => (src?.text === 'refused' ? [{ param: 'src', message: 'is refused' }] : []),
    }),
    defineModule({
      ...base,
      kind: 'claim',
      summary: 'conditions',
      params: Type.Object({ that: Conditions('all must hold'), msg: Type.Optional(Type.String()) }),
    }),
    defineModule({
      ...base,
      kind: 'tell',
      summary: 'an expression',
      params: Type.Object({ var: Type.Optional(Expression('what is told')), msg: Type.Optional(Type.String()) }),
    }),
    defineModule({
      ...base,
      kind: 'learn',
      summary: 'variables',
      params: Type.Record(Type.String(), Type.Any()),
      learns: (written) => written,
    }),
    defineModule({ ...base, kind: 'command', summary: 'may be tried again', params: Type.Object({}) }),
    defineModule({
      ...base,
      kind: 'any',
      summary: 'takes everything',
      params: Type.Object({ value: Type.Optional(Type.Any()), other: Type.Optional(Type.Any()) }),
    }),
  ].map((module) => [module.kind, module]),
);

/** The tasks of a site's first play on a host, in the order of the file. */
export const tasksOn = (site: Site, host = 'kvm01', hosts: Hosts = threeHosts): readonly HostTask[] =>
  tasksOf(bound(site, host, 0, hosts).sequence);

/** What is known when tasks have registered this. */
export const afterwards = (registered: Iterable<readonly [string, Value]>, facts?: Value): Scope => ({
  registered: new Map(registered),
  unknown: new Map(),
  ...(facts !== undefined && { facts }),
});

/** In a plan: these names hang on a task called `first`. */
export const unknown = (...names: readonly string[]): Scope => ({
  registered: new Map(),
  unknown: new Map(names.map((name) => [name, 'first'])),
});
