import type { DiagnosticCode } from '../../diagnostics.ts';
import { Budget } from '../expressions/budget.ts';
import { isOmitted } from './omit.ts';
import { hasTemplate } from '../expressions/render.ts';
import { text } from '../expressions/spelling.ts';
import { expressionProblem, hiddenMessage, hostProblem, nodeSource } from './host-problems.ts';
import { keyAt, nodeAt, startsWith } from './places.ts';
import { renderNode } from './render-node.ts';
import { nearest } from '../../diagnostics.ts';
import { toValue } from '../../yaml/document.ts';
import type { Value } from '../../inventory/types.ts';
import type { Node } from '../../yaml/document.ts';
import type { Binding } from './binding.ts';
import type { TaskPlace } from './lookups.ts';
import type { Path } from './places.ts';
import type { HostProblem } from '../problems.ts';
import type { RenderedNode, Rendering } from './render-node.ts';

/** What surrounds a task's parameters in one of its turns. */
export interface Around {
  readonly label?: string;
  readonly environment: ReadonlyMap<string, string>;
  readonly delegateTo?: string;
}

/** `problem` hears of what is wrong at a path of the tree. */
type Report = (code: DiagnosticCode, message: string, path: Path, hint?: string) => void;

const labelText = (value: Value): string => (typeof value === 'string' ? value : JSON.stringify(value));

const isMap = (value: Value): value is { readonly [key: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Maps put together, later ones winning; values as Python's str() spells them. Rule: Ansible's action base, _compute_environment_string. */
const environmentOf = ({ value, unknown }: RenderedNode, report: Report): ReadonlyMap<string, string> => {
  const environment = new Map<string, string>();
  const isUnknown = (path: Path): boolean => unknown.some((one) => startsWith(path, one));
  const add = (map: Value, path: Path): void => {
    if (map === null || isOmitted(map) || isUnknown(path)) return;
    if (!isMap(map)) return report('wrong-type', "'environment' must be a map of names and values", path);
    for (const [name, item] of Object.entries(map)) {
      const at = [...path, name];
      if (!/^[A-Za-z_]\w*$/.test(name))
        report('bad-name', 'a variable of the environment has letters, digits and _ in its name, no digit first', at);
      else if (!isUnknown(at)) {
        const spelled = text(item, new Budget());
        if (spelled.includes('\0')) report('bad-value', 'a variable of the environment cannot hold a NUL', at);
        environment.set(name, spelled);
      }
    }
  };
  if (Array.isArray(value) && !isUnknown([])) value.forEach((map: Value, index) => add(map, [index]));
  else add(value, []);
  return environment;
};

const delegateOf = (value: Value, hosts: ReadonlyMap<string, unknown>, report: Report): string | undefined => {
  if (isOmitted(value)) return undefined;
  const name = typeof value === 'number' ? String(value) : value;
  if (typeof name === 'string' && (name === 'localhost' || hosts.has(name))) return name;
  if (typeof name !== 'string') report('wrong-type', "'delegate_to' must be the name of a host", []);
  else {
    const near = nearest(name, [...hosts.keys(), 'localhost']);
    const hint = near === undefined ? 'name a host of the inventory, or localhost' : `did you mean '${near}'?`;
    report('unknown-host', `delegate_to: the inventory has no host '${name}'`, [], hint);
  }
  return undefined;
};

/** The label, environment and other host of a task in one turn, as far as they are known; `item`: undefined without a loop. */
export const renderAround = (
  place: TaskPlace,
  binding: Binding,
  rendering: Pick<Rendering, 'lookup' | 'isLate'>,
  item: Value | undefined,
): { readonly around: Around; readonly problems: readonly HostProblem[] } => {
  const { task, label, environment, delegateTo } = place.task;
  const problems: HostProblem[] = [];

  /** What a tree comes to on this host; undefined where there is none, or it has no value. */
  const known = <T>(root: Node | undefined, make: (rendered: RenderedNode, report: Report) => T): T | undefined => {
    if (!root) return undefined;
    const rendered = renderNode(root, {
      ...rendering,
      failed: (error, node) => problems.push(expressionProblem(error, nodeSource(node), place, binding)),
    });
    return make(rendered, (code, message, path, hint) => {
      const node = nodeAt(root, path);
      const isMade = hasTemplate(toValue(node));
      const isHidden = task.noLog && isMade;
      const position = code === 'bad-name' ? keyAt(root, path) : node.position;
      problems.push(
        hostProblem(code, isHidden ? hiddenMessage : message, position, isHidden ? undefined : hint, isMade),
      );
    });
  };
  const whole = <T>(make: (value: Value, report: Report) => T) => {
    return ({ value, unknown }: RenderedNode, report: Report): T | undefined =>
      unknown.length === 0 ? make(value, report) : undefined;
  };

  const shown = item === undefined ? undefined : (known(label, whole(labelText)) ?? labelText(item));
  const delegate = known(
    delegateTo,
    whole((value, report) => delegateOf(value, binding.lookups.hosts, report)),
  );
  return {
    around: {
      ...(shown !== undefined && { label: shown }),
      environment: known(environment, environmentOf) ?? none,
      ...(delegate !== undefined && { delegateTo: delegate }),
    },
    problems,
  };
};

const none: ReadonlyMap<string, string> = new Map();
