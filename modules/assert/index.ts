import { Conditions, defineModule, Switch, Type, type Static, type Step } from '../../src/contract/index.ts';

const params = Type.Object(
  {
    that: Conditions('A condition, or a list of conditions that must all hold; without braces'),
    fail_msg: Type.Optional(Type.String({ minLength: 1, description: 'What to say where one does not hold' })),
    success_msg: Type.Optional(Type.String({ minLength: 1, description: 'What to say where all hold' })),
    quiet: Type.Optional(Switch('Says nothing where all hold (off)')),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

export default defineModule({
  kind: 'assert',
  summary: 'Fails unless conditions hold',
  params,
  stores: [],
  removable: false,
  observe: () => ({}),
  plan: ({ that, fail_msg, success_msg, quiet = false }: Want): readonly Step[] => {
    const broken = that.find(({ holds }) => !holds);
    if (broken) {
      const said = `does not hold: ${broken.text}`;
      return [{ key: 'assert', finding: 'failed', message: fail_msg === undefined ? said : `${fail_msg} (${said})` }];
    }
    return success_msg === undefined || quiet ? [] : [{ key: 'assert', action: { show: success_msg } }];
  },
});
