import {
  checkPermissions,
  ControllerFile,
  defineModule,
  fileReads,
  isWellFormed,
  pathProblem,
  permissionParams,
  plainPath,
  planFile,
  textOfBytes,
  Type,
  type Static,
  type Step,
  type WantedFile,
} from '../../src/contract/index.ts';

const params = Type.Object(
  {
    path: Type.String({ minLength: 1, description: 'Absolute path on the host' }),
    state: Type.Optional(
      Type.Enum(['file', 'directory', 'absent'], { description: 'A file, a folder, or nothing there (file)' }),
    ),
    content: Type.Optional(Type.String({ description: 'What the file contains' })),
    source: Type.Optional(ControllerFile('A file of the controller with what the file contains')),
    ...permissionParams,
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

const wantedFile = ({ path, state = 'file', content, source, ...permissions }: Want): WantedFile => ({
  ...permissions,
  path: plainPath(path),
  state,
  text: source ? textOfBytes(source.text) : content,
});

const check = (want: Want) => {
  const { path, state = 'file', content, source, mode, owner, group } = want;
  const wrongPath = pathProblem(path);
  const contents = content !== undefined ? 'content' : source !== undefined ? 'source' : undefined;
  const permission =
    mode !== undefined ? 'mode' : owner !== undefined ? 'owner' : group !== undefined ? 'group' : undefined;
  return [
    ...(wrongPath ? [{ param: 'path', ...wrongPath }] : []),
    ...(content !== undefined && source !== undefined
      ? [{ param: 'source', message: 'content and source exclude each other' }]
      : []),
    ...(contents !== undefined && state !== 'file'
      ? [{ param: contents, message: `state: ${state} has no contents`, hint: 'state: file is the usual one' }]
      : []),
    ...(permission !== undefined && state === 'absent'
      ? [{ param: permission, message: 'what is absent has no permissions' }]
      : []),
    ...(content !== undefined && !isWellFormed(content)
      ? [{ param: 'content', message: 'half of a surrogate pair is no character', hint: 'use source for bytes' }]
      : []),
    ...checkPermissions(want),
  ];
};

export default defineModule({
  kind: 'file',
  summary: 'A file with its contents, a folder, or neither; mode, owner and group',
  params,
  stores: [],
  removable: false,
  check,
  observe: (want) => fileReads(wantedFile(want)),
  plan: (want, seen): readonly Step[] => planFile('file', wantedFile(want), seen),
});
