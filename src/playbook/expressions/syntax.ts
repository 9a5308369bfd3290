import type { Datum } from './data.ts';

/** A Jinja expression. `offset` counts characters from the start of the text that it stands in. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Datum; readonly offset?: undefined }
  | { readonly kind: 'name'; readonly name: string; readonly offset: number }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[]; readonly offset?: undefined }
  | {
      readonly kind: 'map';
      readonly entries: readonly (readonly [Expression, Expression])[];
      readonly offset?: undefined;
    }
  | {
      readonly kind: 'member';
      readonly object: Expression;
      readonly key: Expression;
      readonly offset: number | undefined;
    }
  | Slice
  | MethodCall
  | Call
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: Expression; readonly offset: number }
  | { readonly kind: 'not'; readonly operand: Expression; readonly offset: number }
  | {
      readonly kind: 'logic';
      readonly operator: 'and' | 'or';
      readonly left: Expression;
      readonly right: Expression;
      readonly offset: number;
    }
  | {
      readonly kind: 'arithmetic';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
      readonly offset: number;
    }
  /** `a < b <= c` holds when each neighbouring pair does; `b` is evaluated once. */
  | {
      readonly kind: 'comparison';
      readonly first: Expression;
      readonly rest: readonly Comparand[];
      readonly offset: number;
    }
  | {
      readonly kind: 'filter' | 'test';
      readonly name: string;
      readonly negated: boolean;
      readonly operand: Expression;
      readonly arguments: Arguments;
      readonly offset: number;
    }
  | {
      readonly kind: 'choice';
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression | undefined;
      readonly offset?: undefined;
    };

export type Operator = '+' | '-' | '*' | '/' | '//' | '%' | '**' | '~';
export type Relation = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export interface Comparand {
  readonly relation: Relation;
  readonly operand: Expression;
  readonly offset: number;
}

export interface Slice {
  readonly kind: 'slice';
  readonly object: Expression;
  readonly start: Expression | undefined;
  readonly stop: Expression | undefined;
  readonly step: Expression | undefined;
  readonly offset?: undefined;
}

interface MethodCall {
  readonly kind: 'method';
  readonly object: Expression;
  readonly name: string;
  readonly arguments: Arguments;
  readonly offset: number;
}

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
  /** `*list`: more by position. */
  readonly spread?: Expression;
  /** `**map`: more by name. */
  readonly spreadNamed?: Expression;
}

/** `name(…)`: a function or a macro. */
export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly arguments: Arguments;
  readonly offset: number;
}

/** What `{% for %}` and `{% set %}` give a value: a name, several that share out a list, or a value of a namespace. */
export type Target =
  | { readonly kind: 'name'; readonly name: string; readonly offset: number }
  | { readonly kind: 'names'; readonly targets: readonly Target[]; readonly offset: number }
  | { readonly kind: 'attribute'; readonly name: string; readonly key: string; readonly offset: number };

/** A template cut at its `{{ }}` and `{% %}`, blocks inside blocks; comments are gone. */
export type Block = readonly Statement[];
export type Statement =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly expression: Expression }
  | { readonly kind: 'if'; readonly branches: readonly Branch[]; readonly otherwise: Block }
  | For
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expression }
  | { readonly kind: 'capture'; readonly name: string; readonly filter: Expression | undefined; readonly body: Block }
  | MacroDefinition;

export interface Branch {
  readonly condition: Expression;
  readonly body: Block;
}

export interface For {
  readonly kind: 'for';
  readonly target: Target;
  readonly iterable: Expression;
  /** Items of which it does not hold are passed over. */
  readonly condition: Expression | undefined;
  readonly body: Block;
  /** Where there is no item. */
  readonly otherwise: Block;
}

export interface MacroDefinition {
  readonly kind: 'macro';
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly otherwise: Expression | undefined }[];
  readonly body: Block;
}
