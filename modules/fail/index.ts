import { defineModule, Type, type Finding } from '../../src/contract/index.ts';

const params = Type.Object(
  { msg: Type.Optional(Type.String({ minLength: 1, description: 'Why; default: failed as requested' })) },
  { additionalProperties: false },
);

export default defineModule({
  kind: 'fail',
  summary: 'Fails: with `when`, where something must not be so',
  params,
  stores: [],
  removable: false,
  observe: () => ({}),
  plan: ({ msg = 'failed as requested' }): readonly Finding[] => [{ key: 'fail', finding: 'failed', message: msg }],
});
