/** A plugin's name without the collection that everyone has: `ansible.builtin.env` is `env`. */
export const unqualified = (name: string): string => name.replace(/^ansible\.(?:builtin|legacy)\./, '');
