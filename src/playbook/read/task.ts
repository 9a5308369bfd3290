import { get, toValue } from '../../yaml/document.ts';
import { conditionsField, numberField, textField, variablesField, wordsField, wrongType } from './fields.ts';
import { environmentOf, handDown, withVariables } from './inherited.ts';
import { readLoopControl } from './loop-control.ts';
import { readModule } from './task-module.ts';
import { conditionText } from '../bind/texts.ts';
import { variableNameProblem } from './variable-names.ts';
import type { MapNode, Node, ScalarNode } from '../../yaml/document.ts';
import type { TaskDraft, Surroundings } from './surroundings.ts';
import type { Word } from './fields.ts';
import type { Problems } from '../problems.ts';
import type { Condition, Template } from '../types.ts';

const readRegister = (map: MapNode, problems: Problems): Word | undefined => {
  const field = textField(map, 'register', problems);
  const wrong = field && variableNameProblem(field.text);
  if (wrong !== undefined) problems.error('bad-name', wrong, field!.position);
  return wrong === undefined ? field : undefined;
};

const readLoop = (map: MapNode, problems: Problems): Node | undefined => {
  const loop = get(map, 'loop');
  const isTemplate = loop?.kind === 'scalar' && typeof loop.value === 'string' && loop.value.includes('{{');
  if (loop && loop.kind !== 'sequence' && !isTemplate)
    wrongType(problems, 'loop', 'a list, or a template of a list', loop);
  return loop;
};

/** Where trying again can help: with modules that act. All others are read back and corrected anyway. */
const acting = ['command', 'wait_for'];

const readTries = (map: MapNode, kind: string | undefined, problems: Problems) => {
  const until = conditionsField(map, 'until', problems);
  const at = (key: string) => map.entries.find((entry) => entry.key === key)?.keyPosition;
  if (until.length > 0 && kind !== undefined && !acting.includes(kind))
    problems.error(
      'not-supported',
      `'until' tries again what acts: ${acting.join(' and ')}, not '${kind}'`,
      at('until'),
      `'${kind}' is done until the host is as it says; register a command and try that again`,
    );
  for (const key of ['retries', 'delay'])
    if (get(map, key) && !get(map, 'until'))
      problems.error('missing-key', `'${key}' needs 'until': the condition that ends the tries`, at(key));
  const retries = numberField(map, 'retries', 0, problems);
  return { until, retries: retries ?? 3, delay: numberField(map, 'delay', 0, problems) ?? 5 };
};

const conditionOf = (node: ScalarNode): Condition => ({ text: conditionText(node), position: node.position });
const templateOf = (node: Node): Template => ({ source: toValue(node), position: node.position });

/** A task or handler from its map; undefined where it has no usable module. Everything wrong goes to the problems. */
export const readTask = (map: MapNode, around: Surroundings): TaskDraft | undefined => {
  const { reading, role, section } = around;
  const { problems } = reading;
  const written = readModule(map, around);
  const name = textField(map, 'name', problems);
  const register = readRegister(map, problems);
  const listen = section === 'handlers' ? wordsField(map, 'listen', problems).map(({ text }) => text) : [];
  const loop = readLoop(map, problems);
  const { variable, index, label } = readLoopControl(map, problems);
  const changed = conditionsField(map, 'changed_when', problems);
  const failed = conditionsField(map, 'failed_when', problems);
  const { until, retries, delay } = readTries(map, written?.module.kind, problems);
  const own = withVariables(handDown(map, around.inherited, problems), variablesField(map, 'task vars', problems));
  if (!written) return undefined;

  const { module, position, params, isWhole, absent, learned } = written;
  if (module.rescueOnly && !around.isRescue)
    problems.error(
      'not-allowed',
      `'${module.kind}' stands in the rescue of a block`,
      position,
      'write block: with the tasks, and rescue: with this one; for a whole play write on_failure: rollback',
    );
  const environment = environmentOf(own.environment);
  return ({ id, variables, defaults }) => ({
    task: {
      id,
      name: name?.text ?? module.kind,
      position,
      ...(role && { role: role.name }),
      module,
      params: templateOf(params),
      when: own.conditions.map(conditionOf),
      ...(loop && { loop: templateOf(loop) }),
      loopControl: { variable, ...(index !== undefined && { index }), ...(label && { label: templateOf(label) }) },
      ...(register && { register: register.text }),
      sets: [...(register ? [register.text] : []), ...learned],
      notify: own.notify.map(({ text }) => text),
      listen,
      ...(changed.length > 0 && { changedWhen: changed.map(conditionOf) }),
      ...(failed.length > 0 && { failedWhen: failed.map(conditionOf) }),
      ...(until.length > 0 && { until: until.map(conditionOf) }),
      retries,
      delay,
      ...(own.timeout !== undefined && { timeout: own.timeout }),
      ...(environment && { environment: templateOf(environment) }),
      ...(own.delegateTo && { delegateTo: templateOf(own.delegateTo) }),
      runOnce: own.runOnce,
      tags: own.tags,
      become: own.become,
      becomeUser: own.becomeUser,
      ignoreErrors: own.ignoreErrors,
      ignoreUnreachable: own.ignoreUnreachable,
      anyErrorsFatal: own.anyErrorsFatal,
      noLog: own.noLog,
      unsupported: own.unsupported,
      apply: own.apply,
      absent,
    },
    name: get(map, 'name'),
    params,
    isWhole,
    moduleAt: position,
    conditions: own.conditions,
    judgements: { changed, failed, until },
    loop,
    label,
    environment,
    delegateTo: own.delegateTo,
    variables: [...(role?.parameters ?? []), ...own.variables, ...(role?.variables ?? []), ...variables],
    defaults: [...(role?.defaults ?? []), ...defaults],
    folders: around.folders,
    role: role && { name: role.name, folder: role.folder },
    turn: around.turn,
    isRescue: around.isRescue,
    notify: own.notify,
    registerAt: register?.position,
  });
};
