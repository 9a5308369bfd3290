import path from 'node:path';
import { loadInventory } from '../../../src/inventory/load.ts';
import { matchHosts } from '../../../src/inventory/patterns.ts';
import { renderHostValue } from '../../../src/playbook/bind/host-values.ts';
import { listPlays } from '../../../src/playbook/listing.ts';
import { createSources } from '../../../src/yaml/files.ts';
import { compile, inventoryOf } from '../site.ts';
import type { Inventory } from '../../../src/inventory/types.ts';
import type { HostPlay, HostTask, Item, Scope, Sequence, Site } from '../../../src/playbook/types.ts';
import type { Answer, Question } from './cases.ts';

const nothing: Scope = { registered: new Map(), unknown: new Map() };

const isChanged = (task: HostTask['task']): boolean => task.changedWhen?.every(({ text }) => text === 'true') ?? false;

/** What the tasks of a play say, in order: no more of an engine than handlers need. */
const say = ({ sequence, handlers }: HostPlay): readonly string[] => {
  const said: string[] = [];
  const due = new Set<HostTask>();
  const run = (host: HostTask): void => {
    const items: readonly Item[] = host.items(nothing).filter((item) => item.when());
    said.push(...items.map(({ params }) => String((params as { readonly msg: string }).msg)));
    if (items.length === 0 || !isChanged(host.task)) return;
    const { notify } = host.task;
    for (const handler of handlers)
      if ([handler.task.name, ...handler.task.listen].some((name) => notify.includes(name))) due.add(handler);
  };
  /** Once through all of them: one that a later one notifies waits for the next flush. */
  const flush = (): void => handlers.forEach((handler) => due.delete(handler) && run(handler));
  const visit = (parts: Sequence<HostTask>): void => {
    for (const part of parts)
      if (part.kind === 'task') run(part.task);
      else if (part.kind === 'flush-handlers') flush();
      else if (part.kind === 'block') [part.block, part.always].forEach(visit);
  };
  visit(sequence);
  return said;
};

const inventoryFor = ({ folder, inventory }: Question): Inventory =>
  inventory === undefined
    ? inventoryOf({ one: {} })
    : loadInventory({
        sources: [path.join(folder, inventory)],
        files: createSources(),
        extraVars: new Map(),
        render: renderHostValue,
      }).inventory;

/** What perfplay makes of the same question. Throws where the site does not compile. */
export const askHere = (question: Question): Answer => {
  const inventory = inventoryFor(question);
  const { tags = [], skipTags = [], extra = {} } = question;
  const { site, diagnostics } = compile('', {
    files: [path.join(question.folder, 'site.yml')],
    inventory,
    sources: createSources(),
    extra,
    tags,
    skipTags,
    matchHosts,
  });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (!site)
    throw new Error(errors.map(({ message, position }) => `${position?.file}:${position?.line} ${message}`).join('\n'));
  const host = inventory.hosts.get('one')!;
  return {
    tasks: listPlays(site).flatMap((play) => play.tasks.map((task) => [task.name, task.tags] as const)),
    messages: (site as Site).plays.flatMap((play) => say(site.bind(play, host))),
  };
};
