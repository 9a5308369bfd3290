import { parse } from '@huggingface/jinja';
import type { Token } from './tokens.ts';

/** The tree of the library's parser, as far as it is used here. Operators are the tokens that it was given. */
export type LibraryNode =
  | { readonly type: 'Identifier' | 'StringLiteral'; readonly value: string }
  | { readonly type: 'IntegerLiteral' | 'FloatLiteral'; readonly value: number }
  | { readonly type: 'ArrayLiteral'; readonly value: readonly LibraryNode[] }
  | { readonly type: 'ObjectLiteral'; readonly value: ReadonlyMap<LibraryNode, LibraryNode> }
  | {
      readonly type: 'MemberExpression';
      readonly object: LibraryNode;
      readonly property: LibraryNode;
      readonly computed: boolean;
    }
  | {
      readonly type: 'SliceExpression';
      readonly start?: LibraryNode;
      readonly stop?: LibraryNode;
      readonly step?: LibraryNode;
    }
  | { readonly type: 'CallExpression'; readonly callee: LibraryNode; readonly args: readonly LibraryNode[] }
  | {
      readonly type: 'KeywordArgumentExpression';
      readonly key: { readonly value: string };
      readonly value: LibraryNode;
    }
  | { readonly type: 'UnaryExpression'; readonly operator: Token; readonly argument: LibraryNode }
  | Binary
  | { readonly type: 'FilterExpression'; readonly operand: LibraryNode; readonly filter: LibraryNode }
  | { readonly type: 'SelectExpression'; readonly lhs: LibraryNode; readonly test: LibraryNode }
  | {
      readonly type: 'Ternary';
      readonly condition: LibraryNode;
      readonly trueExpr: LibraryNode;
      readonly falseExpr: LibraryNode;
    }
  | { readonly type: 'SpreadExpression' | 'KeywordSpreadExpression'; readonly argument: LibraryNode };

export interface Binary {
  readonly type: 'BinaryExpression';
  readonly operator: Token;
  readonly left: LibraryNode;
  readonly right: LibraryNode;
}

/** The statements of a template. Throws anything where they are malformed. */
export const libraryTree: (tokens: readonly Token[]) => { readonly body: readonly LibraryNode[] } = parse;
