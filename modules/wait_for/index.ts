import {
  combine,
  defineModule,
  files,
  query,
  stats,
  Type,
  verbatim,
  type Action,
  type Read,
  type Static,
  type Step,
} from '../../src/contract/index.ts';
import { isBusy, isListening } from './sockets.ts';

const states = ['started', 'stopped', 'drained', 'present', 'absent'] as const;
const params = Type.Object(
  {
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535, description: 'A TCP port of the host itself' })),
    path: Type.Optional(Type.String({ pattern: '^/', description: 'A path of the host' })),
    search_regex: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'An extended regular expression (grep -E) that a line of path must match',
      }),
    ),
    state: Type.Optional(
      Type.Union(
        states.map((state) => Type.Literal(state)),
        {
          description:
            'Of a port: started (somebody listens), stopped, drained (no connection is left); of a path: present, absent (started for a port, present for a path)',
        },
      ),
    ),
    timeout: Type.Optional(Type.Number({ minimum: 0, description: 'Seconds until it has failed (300)' })),
    sleep: Type.Optional(Type.Number({ minimum: 0.1, description: 'Seconds between two looks (1)' })),
    msg: Type.Optional(Type.String({ minLength: 1, description: 'What to say when the time is over' })),
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

const check = ({ port, path, search_regex, state }: Want) => {
  if ((port === undefined) === (path === undefined))
    return [{ param: port === undefined ? 'port' : 'path', message: 'give one of port and path' }];
  const ofPath = state === 'present' || state === 'absent';
  return [
    ...(state !== undefined && ofPath !== (path !== undefined)
      ? [{ param: 'state', message: `a ${path === undefined ? 'port' : 'path'} is never ${String(state)}` }]
      : []),
    ...(search_regex !== undefined && path === undefined
      ? [{ param: 'search_regex', message: 'it is looked for in a file: give path' }]
      : []),
  ];
};

/** Whether a thing that is not asked for is so: it is not. */
const never: Read<boolean> = { ops: [], decode: () => false };

const exists = (path: string | undefined): Read<boolean> =>
  path === undefined ? never : combine({ found: stats(path) }, ({ found }) => found.size > 0);

const matches = ({ path, search_regex }: Want): Read<boolean> =>
  path === undefined || search_regex === undefined
    ? never
    : combine({ line: query(['grep', '-Eqs', '--', search_regex, path], verbatim) }, ({ line }) => 'value' in line);

const sockets = (port: number | undefined): Read<{ readonly listening: boolean; readonly busy: boolean }> =>
  port === undefined
    ? { ops: [], decode: () => ({ listening: false, busy: false }) }
    : combine({ tables: files(['/proc/net/tcp', '/proc/net/tcp6'], verbatim) }, ({ tables }) => {
        const texts = [...tables.values()].flatMap((table) => ('value' in table ? [table.value] : []));
        return {
          listening: texts.some((text) => isListening(text, port)),
          busy: texts.some((text) => isBusy(text, port)),
        };
      });

interface Seen {
  readonly found: boolean;
  readonly matched: boolean;
  readonly socket: { readonly listening: boolean; readonly busy: boolean };
}

/** What is waited for, and whether it is so. */
const goal = ({ port, path, search_regex, state }: Want, { found, matched, socket }: Seen) => {
  if (path === undefined) {
    if (state === 'drained') return { met: !socket.busy, text: `port ${port} without a connection` };
    const isStarted = (state ?? 'started') === 'started';
    return { met: socket.listening === isStarted, text: `port ${port} ${isStarted ? 'open' : 'closed'}` };
  }
  const what = search_regex === undefined ? path : `a line that matches ${search_regex} in ${path}`;
  const isThere = search_regex === undefined ? found : matched;
  return state === 'absent' ? { met: !isThere, text: `${what} gone` } : { met: isThere, text: what };
};

export default defineModule({
  kind: 'wait_for',
  summary: 'Waits until a port of the host is open or closed, or a path or a line in it is there or gone',
  params,
  stores: [],
  removable: false,
  check,
  observe: (want) => ({
    found: exists(want.path),
    matched: matches(want),
    socket: sockets(want.port),
  }),
  plan: (want, seen): readonly Step[] => {
    const { met, text } = goal(want, seen);
    const { timeout = 300, sleep = 1, msg } = want;
    const step: Action = { key: 'wait_for', action: { awaits: msg ?? text, timeout, every: sleep } };
    return met ? [] : [step];
  },
});
