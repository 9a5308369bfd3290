import type { KernelArgument } from '../../../contract/kernel-line.ts';
import type { Read } from '../../../contract/reads.ts';
import type { Reading } from '../../../contract/steps.ts';
import type { StoreEdits, StoreWrite } from '../store.ts';
import type { BootEntry } from './boot-entries.ts';
import type { KeptArguments } from './kept.ts';

/** Arguments that stand somewhere else than in the entries. */
export interface ArgumentSource {
  readonly from: string;
  readonly words: readonly KernelArgument[];
}

/** How a host keeps its kernel line. */
export interface BootLoader {
  /** Where the next boot's entries stand, for people. */
  readonly source: string;
  /** Of this system only; undefined: they cannot be read. */
  readonly entries: readonly BootEntry[] | undefined;
  /** What kernels that are installed later will take. */
  readonly later: readonly ArgumentSource[];
  /** What others add to the entries, at boot. */
  readonly others: readonly ArgumentSource[];
  readonly kept: KeptArguments;
  /** Why nothing can be kept here, and what to do. */
  readonly refusal?: string;
  readonly write: (edits: StoreEdits) => StoreWrite;
}

/** Recognises one kind of boot loader from what it reads; undefined: this host has another. */
export type BootLoaderKind = Read<BootLoader | undefined>;

export const isUnreadable = (reading: Reading<string> | undefined): boolean =>
  reading !== undefined && 'errno' in reading && reading.errno !== 'ENOENT';

/** A boot loader with which nothing can be kept. */
export const refusing = (source: string, refusal: string): BootLoader => ({
  source,
  entries: [],
  later: [],
  others: [],
  kept: new Map(),
  refusal,
  write: () => ({ changes: [], finalize: [] }),
});
