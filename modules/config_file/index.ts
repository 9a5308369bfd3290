import {
  accounts,
  checkPermissions,
  conflict,
  defineModule,
  entry,
  entryPlaces,
  isAbsent,
  missingFolders,
  obstructionOf,
  pathProblem,
  permissionParams,
  permissions,
  place,
  plainPath,
  Scalar,
  setting,
  Switch,
  Type,
  understand,
  unsupported,
  verbatim,
  warning,
  type Finding,
  type Setting,
  type Static,
  type Step,
} from '../../src/contract/index.ts';
import { formats, checkNames } from './formats.ts';

const params = Type.Object(
  {
    path: Type.String({ minLength: 1, description: 'Absolute path on the host' }),
    format: Type.Optional(
      Type.Enum(['key_value', 'ini', 'shell'], {
        description: 'KEY=value lines, the same in sections, or assignments that a shell sources (key_value)',
      }),
    ),
    section: Type.Optional(
      Type.String({ description: 'Section of an ini file; without it the lines before the first one' }),
    ),
    values: Type.Record(Type.String(), Type.Union([Scalar('Value of a key'), Type.Null()]), {
      minProperties: 1,
      description: 'Values by key; null takes the lines of the key away',
    }),
    create: Type.Optional(Switch('A file that is not there is made (on)')),
    ...permissionParams,
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

const check = (want: Want) => {
  const wrongPath = pathProblem(want.path);
  return [
    ...(wrongPath ? [{ param: 'path', ...wrongPath }] : []),
    ...checkNames(want.format ?? 'key_value', want.section, want.values),
    ...checkPermissions(want),
  ];
};

/** Lines that are there more than once, or that go on below: what one line cannot say. */
const oddities = (
  key: string,
  name: string,
  path: string,
  places: ReturnType<typeof entryPlaces>,
  removed: boolean,
): readonly Finding[] => {
  const lines = places.map(({ line }) => line).join(', ');
  if (places.some(({ whole }) => !whole))
    return [
      conflict(key, `${path}: ${name} goes on over several lines (${lines}): only single lines are edited`, [key]),
    ];
  return places.length > 1 && !removed
    ? [warning(key, `${path}: ${name} stands in lines ${lines}: the last one counts and is the one that is set`)]
    : [];
};

export default defineModule({
  kind: 'config_file',
  summary: 'Single values of a KEY=value, INI or shell file: comments, order and everything else stay',
  params,
  stores: [],
  removable: false,
  check,
  observe: (want) => ({ place: place(plainPath(want.path), { contents: true }), accounts: accounts(want) }),
  plan: (want, seen): readonly Step[] => {
    const path = plainPath(want.path);
    const { section, create = true } = want;
    const format = formats[want.format ?? 'key_value'];
    const values = Object.entries(want.values).map(
      ([name, value]) => [name, value === null ? null : String(value)] as const,
    );
    const isNew = isAbsent(seen.place);
    const makes = isNew && values.some(([, value]) => value !== null);
    const root = `config_file/${path}`;
    const keyOf = (name: string): string => [root, ...(section === undefined ? [] : [`[${section}]`]), name].join('/');

    const folders = makes ? missingFolders('config_file', seen.place) : [];
    const makers = values.filter(([, value]) => value !== null).map(([name]) => keyOf(name));
    const { settings, unknown, ...made } = permissions(
      root,
      path,
      want,
      seen.place.stat,
      seen.accounts,
      makes ? makers : [],
    );
    const kept = isNew && !makes ? [] : settings;
    const before = (makes ? folders.slice(-1) : kept).map(({ key }) => key);

    const file = understand(verbatim, seen.place.content, { kind: 'file', path });
    const text = 'raw' in file ? file.raw : '';
    const target = { format, ...(section !== undefined && { section }), ...made };
    const lines = values.map(([name, value]): Setting<string> =>
      setting(
        keyOf(name),
        value,
        entry(file, name, target),
        { store: 'itself' },
        before.length > 0 ? { dependsOn: before } : {},
      ),
    );
    const odd = values.flatMap(([name, value]) =>
      oddities(keyOf(name), name, path, entryPlaces(text, { name, ...target }), value === null),
    );

    const all = makes ? [...folders, ...lines, ...kept] : [...kept, ...lines];
    const keys = all.map(({ key }) => key);
    const isLink = !('errno' in seen.place.stat) && seen.place.stat.type === 'link';
    const obstruction = obstructionOf(path, seen.place, 'file');
    // A link's file is edited where it is; whose permissions are meant must be said.
    const blocked = isLink ? kept.map(({ key }) => key) : keys;
    return [
      ...(obstruction === undefined || blocked.length === 0 ? [] : [conflict(root, obstruction, blocked)]),
      ...(makes && !create
        ? [{ ...unsupported(root, `${path} does not exist, and create is off`), blocks: keys }]
        : []),
      ...unknown.map((message) => ({ ...unsupported(root, message), blocks: keys })),
      ...odd,
      ...all,
    ];
  },
});
