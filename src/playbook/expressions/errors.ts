/** Why an expression cannot be used or has no value. Stable: they end as diagnostic codes. */
export type ExpressionCode =
  | 'bad-expression'
  | 'unknown-filter'
  | 'unknown-test'
  | 'undefined-variable'
  | 'variable-cycle'
  | 'bad-value'
  | 'expression-too-large';

interface Details {
  /** Characters from the start of the text. */
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
  readonly hint?: string | undefined;
}

/** The one kind of error that parsing, rendering and evaluating throw. */
export class ExpressionError extends Error {
  readonly code: ExpressionCode;
  offset: number | undefined;
  length: number | undefined;
  readonly hint: string | undefined;
  /** The keys from the rendered tree's root to the text at fault; empty for a lone text. */
  path: readonly (string | number)[] = [];
  /** The variable in whose value the text at fault stands, when it is not in the rendered tree itself. */
  variable: string | undefined;

  constructor(code: ExpressionCode, message: string, details: Details = {}) {
    super(message);
    this.name = 'ExpressionError';
    this.code = code;
    this.offset = details.offset;
    this.length = details.length;
    this.hint = details.hint;
  }
}

/** Runs what may fail without knowing where: then it was at `offset`. */
export const located = <T>(offset: number | undefined, run: () => T): T => {
  try {
    return run();
  } catch (error) {
    if (error instanceof ExpressionError && error.variable === undefined) error.offset ??= offset;
    throw error;
  }
};
