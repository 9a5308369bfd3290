import { modules } from '../../modules/registry.ts';
import { playbookSchema } from '../playbook/editor-schema.ts';
import type { Print } from './print.ts';

/** The JSON Schema of playbooks. */
export const schema = (print: Print): number => {
  print.data(JSON.stringify(playbookSchema(modules), null, 2));
  return 0;
};
