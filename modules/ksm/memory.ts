import { valueOf, type Finding, type Reading } from '../../src/contract/index.ts';

export interface Memory {
  readonly run: Reading<number>;
  readonly sharing: Reading<number>;
  readonly meminfo: Reading<string>;
  readonly pageSize: Reading<number>;
}

/** Unmerging gives every shared page memory of its own; without it the kernel stops half-way or calls the OOM killer. */
export const tooLittleMemory = ({ run, sharing, meminfo, pageSize }: Memory): readonly Finding[] => {
  if (valueOf(run) === 2) return [];
  const free = /^MemAvailable:\s+(\d+) kB/m.exec(valueOf(meminfo) ?? '')?.[1];
  const pages = valueOf(sharing);
  // Without getconf(1) the largest page that Linux is built with is taken.
  const needed = pages === undefined ? undefined : pages * (valueOf(pageSize) ?? 65_536);
  const refuse = (message: string): readonly Finding[] => [
    { key: 'ksm/unmerge', finding: 'refused', message, blocks: ['ksm/run'] },
  ];
  const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  if (free === undefined || needed === undefined)
    return refuse('how much memory unmerging needs, or what is available, cannot be read');
  const usable = Number(free) * 1024 * 0.9;
  return needed < usable
    ? []
    : refuse(`unmerging needs ${mebibytes(needed)}, and ${mebibytes(usable)} can be used (a tenth stays free)`);
};
