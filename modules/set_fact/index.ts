import { defineModule, Type, type Action, type Json } from '../../src/contract/index.ts';

const params = Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.Unknown(), {
  minProperties: 1,
  description: 'Each name with its value',
});

const check = (want: Readonly<Record<string, unknown>>) =>
  'cacheable' in want
    ? [
        {
          param: 'cacheable',
          message: 'nothing is kept beyond the run',
          hint: 'leave it out; what must outlive a run belongs in host_vars',
        },
      ]
    : [];

export default defineModule({
  kind: 'set_fact',
  summary: 'Sets variables of the host for the tasks and plays to come',
  params,
  stores: [],
  removable: false,
  learns: (written) => written,
  check,
  observe: () => ({}),
  plan: (want): readonly Action[] => [
    { key: 'set_fact', action: { learn: want as { readonly [name: string]: Json } } },
  ],
});
