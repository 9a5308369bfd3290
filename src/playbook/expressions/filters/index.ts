import { digestFilters } from './digests.ts';
import { listFilters } from './lists.ts';
import { mapFilters } from './maps.ts';
import { numberFilters } from './numbers.ts';
import { pathFilters } from './paths.ts';
import { patternFilters } from './patterns.ts';
import { scalarFilters } from './scalars.ts';
import { serialFilters } from './serial.ts';
import { setFilters } from './sets.ts';
import { shapeFilters } from './shapes.ts';
import { textFilters } from './texts.ts';
import type { Filter } from './filter.ts';

/** Every filter after `|`, by name. */
export const filters: ReadonlyMap<string, Filter> = new Map([
  ...scalarFilters,
  ...numberFilters,
  ...textFilters,
  ...patternFilters,
  ...pathFilters,
  ...digestFilters,
  ...listFilters,
  ...setFilters,
  ...shapeFilters,
  ...mapFilters,
  ...serialFilters,
]);
