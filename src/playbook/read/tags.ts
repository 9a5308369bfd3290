/** Tags that mean something by themselves. */
export const reservedTags = ['all', 'always', 'never', 'tagged', 'untagged'];

/** What `--tags` and `--skip-tags` ask for. */
export interface TagSelection {
  /** Empty: all but `never`. */
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
}

/**
 * True where a task with these tags runs. `always` runs unless skipped, `never` only when asked for by one of the task's tags;
 * `all`, `tagged` and `untagged` stand for what they say. Rule: Ansible's playbook/taggable.py.
 */
export const isSelected = (taskTags: readonly string[], { tags, skipTags }: TagSelection): boolean => {
  const own = new Set(taskTags.length > 0 ? taskTags : ['untagged']);
  const isTagged = taskTags.length > 0;
  const asked = tags.length > 0 ? tags : ['all'];
  const isAsked =
    own.has('always') ||
    asked.some((tag) => own.has(tag)) ||
    (!own.has('never') && (asked.includes('all') || (isTagged && asked.includes('tagged'))));
  if (!isAsked) return false;
  if (skipTags.includes('all')) return own.has('always') && !skipTags.includes('always');
  return !skipTags.some((tag) => own.has(tag)) && !(isTagged && skipTags.includes('tagged'));
};
