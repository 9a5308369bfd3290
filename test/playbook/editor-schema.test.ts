import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { modules } from '../../modules/registry.ts';
import { playbookSchema } from '../../src/playbook/editor-schema.ts';
import * as keywords from '../../src/playbook/read/keywords.ts';

const schema = playbookSchema(modules);
const validate = new Ajv({ allowUnionTypes: true, strictTypes: false }).compile(schema);
const isValid = (text: string): boolean => validate(parse(text, { version: '1.1' }));

const folder = path.join(import.meta.dirname, '../../playbooks');

describe('the schema for editors', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.yml')))('takes playbooks/%s', (name) => {
    expect(isValid(readFileSync(path.join(folder, name), 'utf8')), JSON.stringify(validate.errors)).toBe(true);
  });

  it('takes templates for any value, blocks, roles and imports', () => {
    const text = `
- import_playbook: other.yml
- hosts: all
  roles: [tuned, {role: kernel, max_cstate: 1, tags: boot}]
  pre_tasks:
    - block:
        - ksm: {run: "{{ ksm }}", owners: stop}
          loop: "{{ racks }}"
      rescue:
        - fail: {msg: not ours}
  tasks:
    - import_tasks: disks.yml
    - sysctl: {values: {vm.swappiness: 1}, state: absent}
      notify: [a, b]
  handlers:
    - name: a
      listen: b
      service: {name: irqbalance, state: stopped}
`;
    expect(isValid(text), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  });

  it.each([
    ['an unknown key of a play', '- {hosts: all, taks: []}'],
    ['a play without hosts', '- {name: x}'],
    ['an unknown module', '- {hosts: all, tasks: [{sysctll: {values: {}}}]}'],
    ['an unknown parameter', '- {hosts: all, tasks: [{ksm: {runs: off}}]}'],
    ['a value of a wrong type', '- {hosts: all, tasks: [{ksm: {run: off, pages_to_scan: many}}]}'],
    ['a task without a module', '- {hosts: all, tasks: [{name: x}]}'],
  ])('refuses %s', (_name, text) => {
    expect(isValid(text)).toBe(false);
  });

  it('has every keyword of the language', () => {
    const { definitions } = schema as {
      definitions: Record<string, { properties?: object; anyOf?: { properties?: object }[] }>;
    };
    const propertiesOf = (name: string) =>
      new Set(
        [definitions[name]!, ...(definitions[name]!.anyOf ?? [])].flatMap((one) => Object.keys(one.properties ?? {})),
      );
    expect([...propertiesOf('play')].sort()).toEqual([...keywords.playKeywords.known].sort());
    const task = propertiesOf('task');
    for (const { known } of [keywords.taskKeywords, keywords.blockKeywords, keywords.importKeywords])
      expect([...known].filter((key) => !task.has(key))).toEqual([]);
    expect([...keywords.handlerKeywords.known].filter((key) => !propertiesOf('handler').has(key))).toEqual([]);
    expect([...propertiesOf('import')].sort()).toEqual([...keywords.importPlaybookKeywords.known].sort());
  });
});
