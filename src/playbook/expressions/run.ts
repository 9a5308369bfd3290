import { badValue, elements, Macro, Namespace, truthy, Undefined } from './data.ts';
import { ExpressionError, located } from './errors.ts';
import { evaluate } from './evaluate.ts';
import { misuse } from './given.ts';
import { Loop } from './loop.ts';
import { evaluateLiteral } from './python-literal.ts';
import { scopeIn } from './scope.ts';
import { text } from './spelling.ts';
import { join } from './text.ts';
import type { Datum } from './data.ts';
import type { Names } from './evaluate.ts';
import type { Tools } from './given.ts';
import type { Scope } from './scope.ts';
import type { Block, For, MacroDefinition, Target } from './syntax.ts';

/** What becomes of text that looks like a list or a map: a value in a playbook, text in a file. */
export type Mode = 'value' | 'file';

/** Text as Ansible takes it: in values, what is spelled like a list, a map, True or False becomes one. */
export const asMode = (mode: Mode, made: string, tools: Tools): Datum =>
  mode === 'value' ? evaluateLiteral(made, tools) : made;

const missingArgument = (macro: string, parameter: string): Undefined =>
  new Undefined(() => new ExpressionError('undefined-variable', `the macro ${macro} is called without '${parameter}'`));

/** Runs the statements of a template: gives the text that they make. Throws ExpressionError. */
export const createRunner = (tools: Tools, mode: Mode) => {
  const { budget } = tools;

  const assign = (target: Target, value: Datum, scope: Scope): void => {
    if (target.kind === 'name') {
      scope.own.set(target.name, value);
      return;
    }
    if (target.kind === 'attribute') {
      const space = scope.get(target.name);
      if (!(space instanceof Namespace))
        throw new ExpressionError('bad-value', `'${target.name}' is no namespace`, {
          offset: target.offset,
          length: target.name.length,
          hint: `{% set ${target.name} = namespace(${target.key}=…) %}`,
        });
      space.values.set(target.key, value);
      return;
    }
    const { targets, offset } = target;
    const items = located(offset, () => elements(value, budget));
    if (items.length !== targets.length) {
      const message = `${targets.length} values are wanted here, and there are ${items.length}`;
      throw new ExpressionError('bad-value', message, { offset });
    }
    for (const [index, inner] of targets.entries()) assign(inner, items[index]!, scope);
  };

  const loop = (node: For, scope: Scope): string => {
    const iterable = evaluate(node.iterable, scope, tools);
    const chosen = located(node.iterable.offset, () => elements(iterable, budget)).filter((item) => {
      if (!node.condition) return true;
      const inner = scopeIn(scope);
      assign(node.target, item, inner);
      return truthy(evaluate(node.condition, inner, tools));
    });
    if (chosen.length === 0) return run(node.otherwise, scopeIn(scope));
    let turn = 0;
    const state = new Loop(chosen, () => turn);
    const parts = chosen.map((item, index) => {
      turn = index;
      budget.spend(1);
      const inner = scopeIn(scope);
      assign(node.target, item, inner);
      inner.own.set('loop', state);
      return run(node.body, inner);
    });
    return join(parts, '', budget);
  };

  const macro = ({ name, parameters, body }: MacroDefinition, scope: Scope): Macro =>
    new Macro((positional, named) => {
      const signature = { parameters: parameters.map((one) => one.name), required: 0, rest: false, more: false };
      const wrong = misuse(`the macro ${name}`, signature, positional.length, [...named.keys()]);
      if (wrong !== undefined) throw badValue(wrong);
      const inner = scopeIn(scope);
      for (const [index, parameter] of parameters.entries()) {
        const given = positional[index] ?? named.get(parameter.name);
        if (given !== undefined) inner.own.set(parameter.name, given);
        else if (parameter.otherwise) inner.own.set(parameter.name, evaluate(parameter.otherwise, inner, tools));
        else inner.own.set(parameter.name, missingArgument(name, parameter.name));
      }
      return asMode(mode, run(body, inner), tools);
    });

  const run = (block: Block, scope: Scope): string => {
    const parts: string[] = [];
    for (const node of block) {
      budget.spend(1);
      switch (node.kind) {
        case 'text':
          budget.spendText(node.text.length);
          parts.push(node.text);
          break;
        case 'output': {
          const value = evaluate(node.expression, scope, tools);
          // Ansible puts None into text as nothing.
          if (value !== null) parts.push(text(value, budget));
          break;
        }
        case 'if': {
          const branch = node.branches.find(({ condition }) => truthy(evaluate(condition, scope, tools)));
          parts.push(run(branch?.body ?? node.otherwise, scope));
          break;
        }
        case 'for':
          parts.push(loop(node, scope));
          break;
        case 'set':
          assign(node.target, evaluate(node.value, scope, tools), scope);
          break;
        case 'capture': {
          const made = asMode(mode, run(node.body, scopeIn(scope)), tools);
          const inner = scopeIn(scope);
          inner.own.set(node.name, made);
          scope.own.set(node.name, node.filter ? evaluate(node.filter, inner, tools) : made);
          break;
        }
        case 'macro':
          scope.own.set(node.name, macro(node, scope));
      }
    }
    return join(parts, '', budget);
  };

  return (block: Block, names: Names): string => run(block, scopeIn(names));
};
