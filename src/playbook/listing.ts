import { tasksOf } from './sequence.ts';
import type { Site, Task } from './types.ts';

/** A play as `--list-hosts`, `--list-tasks` and `--list-tags` show it: what the limit and the tags leave of it. */
export interface PlayListing {
  readonly name: string;
  readonly hosts: readonly string[];
  /** Of all its tasks, sorted. */
  readonly tags: readonly string[];
  readonly tasks: readonly TaskListing[];
}

export interface TaskListing {
  /** `ROLE : NAME` in a role; templates are not rendered, for hosts may differ. */
  readonly name: string;
  /** Sorted. */
  readonly tags: readonly string[];
}

const listTask = ({ name, role, tags }: Task): TaskListing => ({
  name: role === undefined ? name : `${role} : ${name}`,
  tags: [...tags].sort(),
});

/** What would be done where, without asking any host. Handlers are not listed, as in Ansible; tasks of `rescue` and `always` are. */
export const listPlays = (site: Site): readonly PlayListing[] =>
  site.plays.map(({ name, hosts, sequence }) => {
    const tasks = tasksOf(sequence).map(listTask);
    return { name, hosts, tags: [...new Set(tasks.flatMap(({ tags }) => tags))].sort(), tasks };
  });
