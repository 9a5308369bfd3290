import { ExpressionError } from './errors.ts';

const steps = 200_000;
const charactersPerStep = 64;

/** What one rendering may cost in all: steps of evaluation, elements handled, characters made. */
export class Budget {
  #left = steps;

  /** Throws when the budget is used up. Call it before the work is done. */
  spend(cost: number): void {
    this.#left -= cost;
    if (this.#left < 0)
      throw new ExpressionError(
        'expression-too-large',
        'this expression takes too many steps or makes too large a value',
      );
  }

  spendText(characters: number): void {
    this.spend(characters / charactersPerStep);
  }
}
