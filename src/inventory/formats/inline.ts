import type { Diagnostic } from '../../diagnostics.ts';
import { addGroup, addHost } from '../draft.ts';
import type { Draft } from '../draft.ts';
import { expandHostNames } from '../host-names.ts';

/** `-i web1,web2:2222,`: hosts without groups, separated by commas; hosts already known stay as they are. Rule: Ansible's plugins/inventory/host_list.py. */
export const readInlineInventory = (source: string, draft: Draft, diagnostics: Diagnostic[]): void => {
  const ungrouped = addGroup(draft, 'ungrouped');
  let column = 1;
  for (const piece of source.split(',')) {
    const entry = piece.trim();
    const position = {
      file: source,
      line: 1,
      column: column + piece.indexOf(entry),
      length: Math.max(1, entry.length),
    };
    column += piece.length + 1;
    if (entry === '') continue;
    const expanded = expandHostNames(entry);
    if ('problem' in expanded) {
      const { problem: message, hint } = expanded;
      diagnostics.push({ code: 'bad-host-name', severity: 'error', message, position, ...(hint && { hint }) });
      continue;
    }
    const { names, port } = expanded;
    for (const name of names.filter((name) => !draft.hosts.has(name))) addHost(draft, ungrouped, name, position, port);
  }
};
