import { defineModule, Type, type Action } from '../../src/contract/index.ts';

export default defineModule({
  kind: 'rollback',
  summary: 'In a rescue: puts back what the failed block has changed on the host; the host fails nevertheless',
  params: Type.Object({}, { additionalProperties: false }),
  stores: [],
  removable: false,
  rescueOnly: true,
  observe: () => ({}),
  plan: (): readonly Action[] => [{ key: 'rollback', action: { rollback: 'block' } }],
});
