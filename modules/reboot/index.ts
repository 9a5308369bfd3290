import { defineModule, Type, type Action } from '../../src/contract/index.ts';

const params = Type.Object(
  {
    when: Type.Optional(
      Type.Union([Type.Literal('required'), Type.Literal('always')], {
        description: 'required: only where something that was declared waits for a boot; always (required)',
      }),
    ),
    timeout: Type.Optional(
      Type.Number({ minimum: 1, description: 'Seconds until the host must be up again, its units started (600)' }),
    ),
  },
  { additionalProperties: false },
);

export default defineModule({
  kind: 'reboot',
  summary: 'Boots the host anew, at most once a run, and looks whether what was declared came with the boot',
  params,
  stores: [],
  removable: false,
  observe: () => ({}),
  plan: ({ when = 'required', timeout = 600 }): readonly Action[] => [
    { key: 'reboot', action: { reboot: when, timeout } },
  ],
});
