import { nearest } from '../../diagnostics.ts';
import type { TaskDefinition } from '../definitions.ts';
import type { Problems } from '../problems.ts';

const nameOf = ({ name }: TaskDefinition): string | undefined =>
  name?.kind === 'scalar' && name.value !== null ? String(name.value) : undefined;

/** A handler's own names: a role's has a second one with the role's. */
const namesOf = (handler: TaskDefinition): readonly string[] => {
  const name = nameOf(handler);
  if (name === undefined) return [];
  return handler.role ? [name, `${handler.role.name} : ${name}`] : [name];
};

/** Two of one name in the same file; in others the later one stands for both. */
const refuseDuplicates = (handlers: readonly TaskDefinition[], problems: Problems): void => {
  const lines = new Map<string, number>();
  for (const handler of handlers) {
    const [name] = namesOf(handler);
    const { position } = handler.name ?? {};
    if (name === undefined || !position) continue;
    const key = JSON.stringify([position.file, name]);
    const line = lines.get(key) ?? position.line;
    lines.set(key, line);
    if (line !== position.line)
      problems.error(
        'duplicate-handler',
        `the handler '${name}' stands twice here, first on line ${line}`,
        position,
        'give each its own name, or notify both by one listen: topic',
      );
  }
};

/**
 * The handlers of a play with the names by which each is notified: of several with one name the last has it, topics belong to
 * all that listen. One that stands several times runs at its first place; one that nothing can notify is left out.
 * Rule: Ansible's plugins/strategy/__init__.py (search_handler_blocks_by_name).
 */
export const nameHandlers = (handlers: readonly TaskDefinition[], problems: Problems): readonly TaskDefinition[] => {
  refuseDuplicates(handlers, problems);
  return [...new Set(handlers)].flatMap((handler) => {
    const later = handlers.slice(handlers.lastIndexOf(handler) + 1);
    const taken = new Set(later.flatMap(namesOf));
    const own = namesOf(handler).filter((name) => !taken.has(name));
    const [name, ...others] = [...own, ...handler.task.listen];
    if (name === undefined && !nameOf(handler))
      problems.error(
        'missing-key',
        "a handler needs a 'name', or topics under 'listen': notify calls it by these",
        handler.task.position,
      );
    return name === undefined ? [] : [{ ...handler, task: { ...handler.task, name, listen: others } }];
  });
};

/** Reports what is notified and is no handler of the play. */
export const checkNotified = (
  notifying: readonly TaskDefinition[],
  handlers: readonly TaskDefinition[],
  problems: Problems,
): void => {
  const names = new Set(handlers.flatMap(({ task: { name, listen } }) => [name, ...listen]));
  for (const { text, position } of notifying.flatMap(({ notify }) => notify)) {
    if (names.has(text)) continue;
    const near = nearest(text, names);
    const hint =
      near === undefined
        ? 'write it under handlers: of this play, or into handlers/main.yml of a role of it'
        : `did you mean '${near}'?`;
    problems.error('unknown-handler', `this play has no handler '${text}'`, position, hint);
  }
};
