const refuse = (): never => {
  throw new TypeError('this map is frozen');
};

/** Makes a value and all that hangs on it unchangeable, maps and sets included. Gives the value. */
export const deepFreeze = <T>(value: T): T => {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || Object.isFrozen(value))
    return value;
  if (value instanceof Map) {
    Object.assign(value, { set: refuse, delete: refuse, clear: refuse });
    for (const [key, one] of value) {
      deepFreeze(key);
      deepFreeze(one);
    }
  }
  if (value instanceof Set) Object.assign(value, { add: refuse, delete: refuse, clear: refuse });
  Object.freeze(value);
  for (const key of Reflect.ownKeys(value)) deepFreeze((value as Record<PropertyKey, unknown>)[key]);
  return value;
};
