import type { SimulatedHost } from './hosts.ts';
export const alreadyTuned: Partial<SimulatedHost> = {};
