import type { Datum } from './data.ts';

/** A Jinja expression. `offset` counts characters from the start of the expression's text. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Datum; readonly offset?: undefined }
  | { readonly kind: 'name'; readonly name: string; readonly offset: number }
  | { readonly kind: 'list'; readonly items: readonly Expression[]; readonly offset?: undefined }
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
}

/** A text cut at its `{{ }}`; comments are gone. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly offset: number };
