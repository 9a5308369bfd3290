import { equal } from './compare.ts';
import { badValue, LazyMap, Undefined } from './data.ts';
import { ExpressionError } from './errors.ts';
import type { Datum } from './data.ts';
import type { Budget } from './budget.ts';

const keys = [
  'index',
  'index0',
  'revindex',
  'revindex0',
  'first',
  'last',
  'length',
  'depth',
  'depth0',
  'previtem',
  'nextitem',
];
const noItem = new Undefined(
  () => new ExpressionError('undefined-variable', 'there is no item before the first and none after the last'),
);

/** `loop` inside a `{% for %}`: where it is among its items. */
export class Loop extends LazyMap {
  /** The items' places count from 0. */
  readonly #index: () => number;
  #seen: readonly Datum[] | undefined;

  constructor(items: readonly Datum[], index: () => number) {
    const values: Readonly<Record<string, () => Datum>> = {
      index: () => index() + 1,
      index0: index,
      revindex: () => items.length - index(),
      revindex0: () => items.length - index() - 1,
      first: () => index() === 0,
      last: () => index() === items.length - 1,
      length: () => items.length,
      depth: () => 1,
      depth0: () => 0,
      previtem: () => (index() > 0 ? items[index() - 1]! : noItem),
      nextitem: () => (index() + 1 < items.length ? items[index() + 1]! : noItem),
    };
    super(
      () => keys,
      (key) => (Object.hasOwn(values, key) ? values[key]!() : undefined),
    );
    this.#index = index;
  }

  /** One of the values after the other, turn by turn. */
  cycle(values: readonly Datum[]): Datum {
    if (values.length === 0) throw badValue('loop.cycle() needs a value');
    return values[this.#index() % values.length]!;
  }

  /** Whether the values differ from those of the last call. */
  changed(values: readonly Datum[], budget: Budget): boolean {
    const before = this.#seen;
    this.#seen = values;
    return before === undefined || !equal(before, values, budget);
  }
}
