import {
  checkPermissions,
  ControllerFile,
  defineModule,
  fileReads,
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
    src: ControllerFile('A Jinja template of the controller', 'template'),
    dest: Type.String({ minLength: 1, description: 'Absolute path of the file on the host' }),
    ...permissionParams,
  },
  { additionalProperties: false },
);
type Want = Static<typeof params>;

const wantedFile = ({ src, dest, ...permissions }: Want): WantedFile => ({
  ...permissions,
  path: plainPath(dest),
  state: 'file',
  text: textOfBytes(src.text),
});

const check = (want: Want) => {
  const { dest } = want;
  const wrongPath = pathProblem(dest);
  const isFolder = dest.endsWith('/');
  return [
    ...(wrongPath ? [{ param: 'dest', ...wrongPath }] : []),
    ...(isFolder ? [{ param: 'dest', message: 'a slash at the end names a folder', hint: 'name the file in it' }] : []),
    ...checkPermissions(want),
  ];
};

export default defineModule({
  kind: 'template',
  summary: 'A file whose contents are a Jinja template, rendered for the host',
  params,
  stores: [],
  removable: false,
  check,
  observe: (want) => fileReads(wantedFile(want)),
  plan: (want, seen): readonly Step[] => planFile('template', wantedFile(want), seen),
});
