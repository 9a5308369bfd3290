import {
  defineModule,
  Expression,
  Type,
  type Action,
  type Evaluated,
  type Json,
  type Static,
} from '../../src/contract/index.ts';

const params = Type.Object(
  {
    msg: Type.Optional(Type.Unknown({ description: 'What to say: a text, or a list or map, shown as JSON' })),
    var: Type.Optional(Expression('An expression, without braces; its text and value are shown')),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

const check = ({ msg, var: expression }: Want) => [
  ...(msg !== undefined && expression !== undefined
    ? [{ param: 'var', message: 'msg and var are two ways to say something: give one of them' }]
    : []),
  ...(msg === undefined && expression === undefined
    ? [{ param: 'msg', message: 'nothing to say: give msg or var' }]
    : []),
];

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

const valueText = ({ text, value }: Evaluated): string =>
  `${text}: ${value === undefined ? 'is undefined' : shown(value)}`;

export default defineModule({
  kind: 'debug',
  summary: 'Says something, or the value of an expression; in a plan too',
  params,
  stores: [],
  removable: false,
  check,
  observe: () => ({}),
  plan: ({ msg, var: expression }): readonly Action[] => [
    { key: 'debug', action: { show: expression ? valueText(expression) : shown(msg as Json) } },
  ],
});
