import { factForm } from './ansible-facts.ts';
import type { TaskDefinition } from '../definitions.ts';
import type { HostProblem } from '../problems.ts';

/** Names of Ansible's facts have names here too. */
const withFactForm = (found: HostProblem): HostProblem => {
  const name = found.code === 'undefined-variable' ? /^'(\w+)/.exec(found.message)?.[1] : undefined;
  const form = name === undefined ? undefined : factForm(name);
  return form === undefined ? found : { ...found, hint: form };
};

/** What is wrong with a task on a host as people are told it: without what only follows from parameters that were refused. */
export const refine = (
  { isWhole, moduleAt, params }: TaskDefinition,
  found: readonly HostProblem[],
): readonly HostProblem[] => {
  const follows = ({ position }: HostProblem): boolean => position === moduleAt || position === params.position;
  return found.filter((one) => isWhole || !follows(one)).map(withFactForm);
};
