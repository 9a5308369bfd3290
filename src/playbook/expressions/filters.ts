import { listFilters } from './list-filters.ts';
import { mapFilters } from './map-filters.ts';
import { scalarFilters } from './scalar-filters.ts';
import type { Filter } from './filter.ts';

/** Every filter after `|`, by name. */
export const filters: ReadonlyMap<string, Filter> = new Map([...scalarFilters, ...listFilters, ...mapFilters]);
