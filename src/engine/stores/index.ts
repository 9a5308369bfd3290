import type { StoreName } from '../../contract/steps.ts';
import { bootTab } from './boot-tab.ts';
import { modulesLoad, sysctl, tmpfiles } from './drop-in.ts';
import { kernelArg } from './kernel-arg/index.ts';
import { modprobe } from './modprobe-d.ts';
import type { Store } from './store.ts';
import { udev } from './udev.ts';

const all: readonly Store[] = [sysctl, tmpfiles, udev, modulesLoad, modprobe, kernelArg, bootTab];

/** Every store, by name. */
export const stores: ReadonlyMap<StoreName, Store> = new Map(all.map((store) => [store.name, store]));
