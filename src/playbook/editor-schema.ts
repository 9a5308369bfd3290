import type { AnyModule } from '../contract/module.ts';
import type { Schema } from './bind/schema.ts';
import { closed } from './bind/schema.ts';

/** JSON Schema of playbooks for editors. It is wider than what perfplay takes, never narrower: the compiler is the judge. */
type Json = { readonly [key: string]: unknown };

const template: Json = { type: 'string', pattern: '\\{[{%]', description: 'a template' };
const orTemplate = (schema: Json): Json => ({ anyOf: [schema, template] });
const ref = (name: string): Json => ({ $ref: `#/definitions/${name}` });
const text: Json = { type: ['string', 'number'] };
const words: Json = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };
const flag: Json = { type: 'boolean' };
const seconds: Json = { type: 'number', minimum: 0 };
const condition: Json = { type: ['string', 'boolean', 'number'] };
const conditions: Json = { anyOf: [condition, { type: 'array', items: condition }] };
const variables: Json = { type: 'object' };
const list = (name: string): Json => ({ anyOf: [{ type: 'array', items: ref(name) }, { type: 'null' }] });

const described = (description: string, schema: Json): Json => ({ ...schema, description });

/** What a play, block, import, role or task says for all tasks in it. */
const ofAll: Json = {
  name: described('What it is for', text),
  tags: described('Words by which -t and --skip-tags choose it', words),
  become: described('Whether it is done as another user, by sudo', flag),
  become_user: described('Which user (root)', { type: 'string' }),
  environment: described('The environment of its programs', orTemplate({ type: 'object' })),
  ignore_errors: described('Its failure does not end the host', flag),
  ignore_unreachable: described('A host that cannot be reached goes on with the next task', flag),
  no_log: described('Its values are not shown', flag),
  run_once: described('Done by the first host of the batch, for all', flag),
  timeout: described('Seconds that a program may take', seconds),
  any_errors_fatal: described('A failure on one host ends the play on all', flag),
  vars: described('Variables', variables),
};
const ofTasks: Json = {
  ...ofAll,
  when: described('A condition, or a list that must all hold; without braces', conditions),
  delegate_to: described('The host on which it is done instead', { type: 'string' }),
  notify: described('Handlers that run where it changed something', words),
  unsupported: described('What to make of hosts that lack what it sets', { enum: ['fail', 'warn', 'skip'] }),
  apply: described('Which levels it sets', { enum: ['both', 'running', 'boot'] }),
};
const ofOneTask: Json = {
  ...ofTasks,
  loop: described('Once for each item', orTemplate({ type: 'array' })),
  loop_control: {
    type: 'object',
    properties: { loop_var: { type: 'string' }, index_var: { type: 'string' }, label: {} },
    additionalProperties: false,
  },
  register: described('The variable that its result is kept in', { type: 'string' }),
  changed_when: described('What counts as a change', conditions),
  failed_when: described('What counts as a failure', conditions),
  until: described('Tried again until this holds', conditions),
  retries: described('How many times more', { type: 'integer', minimum: 0 }),
  delay: described('Seconds between tries', seconds),
};
const batchSize: Json = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^\\d+%?$' },
  ],
};

/** A schema of parameters as an editor needs it: a template may stand for any value, a switch is written in words too. */
const writable = (schema: Schema): Json => {
  const { 'x-switch': isSwitch, 'x-scalar': _scalar, ...rest } = schema as Schema & Json;
  const each = (schemas: Readonly<Record<string, Schema>>): Json =>
    Object.fromEntries(Object.entries(schemas).map(([key, one]) => [key, writable(one)]));
  if (isSwitch) return { ...rest, type: undefined, anyOf: [{ type: 'boolean' }, { enum: ['on', 'off'] }, template] };
  const { properties, patternProperties, additionalProperties, items, anyOf } = schema;
  const plain = Object.fromEntries(Object.entries(rest).filter(([key]) => !key.startsWith('x-')));
  const inner = {
    ...plain,
    ...(properties && { properties: each(properties) }),
    ...(patternProperties && { patternProperties: each(patternProperties) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: writable(additionalProperties) }),
    ...(items && { items: writable(items) }),
    ...(anyOf && { anyOf: anyOf.map(writable) }),
  };
  const { description, ...shape } = inner as Json;
  return { ...(description !== undefined && { description }), anyOf: [shape, template] };
};

const parametersOf = (module: AnyModule): Json => {
  const schema = closed(module.params as Schema);
  const state = {
    enum: ['present', 'absent'],
    description: 'absent: what perfplay keeps for the next boot is removed',
  };
  const own = module.removable ? { ...schema, properties: { ...schema.properties, state: state as Schema } } : schema;
  const required = (own as Json)['required'] as readonly string[] | undefined;
  const taken: Json = module.removable && required ? { ...own, required: undefined } : { ...own };
  return { ...writable(taken as Schema), description: module.summary };
};

/** JSON Schema (draft 7) of a playbook file, from the modules' own schemas. */
export const playbookSchema = (modules: ReadonlyMap<string, AnyModule>): Json => {
  const kinds = [...modules.values()];
  const actions: Json = Object.fromEntries(kinds.map((module) => [module.kind, parametersOf(module)]));
  const oneAction = { anyOf: [...kinds.map(({ kind }) => kind), 'meta'].map((kind) => ({ required: [kind] })) };
  const meta = { enum: ['flush_handlers'], description: 'Runs the handlers that were notified, here' };
  const map = (properties: Json, more: Json = {}): Json => ({
    type: 'object',
    properties,
    additionalProperties: false,
    ...more,
  });
  const task = { ...ofOneTask, ...actions, meta };
  const definitions = {
    task: {
      anyOf: [
        map(task, oneAction),
        map({ ...ofTasks, block: list('task'), rescue: list('task'), always: list('task') }, { required: ['block'] }),
        map({ ...ofTasks, import_tasks: { type: 'string' } }, { required: ['import_tasks'] }),
        map({ ...ofTasks, import_role: { type: 'object', required: ['name'] } }, { required: ['import_role'] }),
      ],
    },
    handler: map({ ...task, listen: described('Other names by which it is notified', words) }, oneAction),
    role: {
      anyOf: [
        { type: 'string' },
        {
          type: 'object',
          properties: { ...ofTasks, role: { type: 'string' } },
          anyOf: [{ required: ['role'] }, { required: ['name'] }],
        },
      ],
    },
    play: map(
      {
        ...ofAll,
        hosts: described('A pattern of hosts and groups', words),
        gather_facts: described('Taken and not needed: facts are always known', flag),
        serial: described('How many hosts at a time', { anyOf: [batchSize, { type: 'array', items: batchSize }] }),
        max_fail_percentage: described('More hosts of a batch than this may not fail', {
          type: 'number',
          minimum: 0,
          maximum: 100,
        }),
        on_failure: described('Takes back what a host has done in the play where one of its tasks fails', {
          enum: ['rollback'],
        }),
        reboot: described('Boots each host at the end, where something waits for it', {
          anyOf: [
            { enum: ['when-required'] },
            { type: 'object', properties: { timeout: { type: 'integer', minimum: 1 } }, additionalProperties: false },
          ],
        }),
        max_down: described('How many hosts may be down at once', {
          anyOf: [
            batchSize,
            { type: 'object', properties: { hosts: batchSize, per: { type: 'string' } }, required: ['hosts'] },
          ],
        }),
        drain: list('task'),
        post_reboot: list('task'),
        undrain: list('task'),
        vars_files: described('Files of variables', { type: 'array' }),
        roles: list('role'),
        pre_tasks: list('task'),
        tasks: list('task'),
        post_tasks: list('task'),
        handlers: list('handler'),
      },
      { required: ['hosts'] },
    ),
    import: map(
      { import_playbook: { type: 'string' }, name: text, vars: variables, tags: words, when: conditions },
      { required: ['import_playbook'] },
    ),
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'perfplay playbook',
    type: 'array',
    items: { anyOf: [ref('play'), ref('import')] },
    definitions,
  };
};
