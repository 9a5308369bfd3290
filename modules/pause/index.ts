import { defineModule, Type, type Action, type Static } from '../../src/contract/index.ts';

const params = Type.Object(
  {
    seconds: Type.Optional(Type.Number({ minimum: 0, description: 'So long' })),
    minutes: Type.Optional(Type.Number({ minimum: 0, description: 'So long' })),
    prompt: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Asked once for all hosts of the batch; the answer is registered as user_input; nobody at a terminal: no wait',
      }),
    ),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

const check = (want: Want) => {
  const given = Object.keys(want);
  if (given.length === 1) return [];
  const message =
    given.length === 0 ? 'until when? give seconds, minutes or prompt' : 'give one of seconds, minutes and prompt';
  return [{ param: given[1] ?? 'seconds', message }];
};

export default defineModule({
  kind: 'pause',
  summary: 'Waits a while, or for an answer; not in a plan',
  params,
  stores: [],
  removable: false,
  check,
  observe: () => ({}),
  plan: ({ seconds, minutes, prompt }): readonly Action[] => [
    {
      key: 'pause',
      action: prompt === undefined ? { pause: seconds ?? (minutes ?? 0) * 60 } : { pause: undefined, prompt },
    },
  ],
});
