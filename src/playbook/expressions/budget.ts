import { ExpressionError } from './errors.ts';

const charactersPerStep = 64;

/** Steps for a value, and for a template file. */
export const stepsOfValue = 200_000;
export const stepsOfFile = 5_000_000;

/** What one rendering may cost in all: steps of evaluation, elements handled, characters made. */
export class Budget {
  #left: number;
  constructor(steps: number = stepsOfValue) {
    this.#left = steps;
  }

  /** Throws when the budget is used up. Call it before the work is done. */
  spend(cost: number): void {
    this.#left -= cost;
    if (this.#left < 0)
      throw new ExpressionError('expression-too-large', 'this takes too many steps or makes too large a value');
  }

  spendText(characters: number): void {
    this.spend(characters / charactersPerStep);
  }
}
