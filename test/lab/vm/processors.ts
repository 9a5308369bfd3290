import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { env } from './need.ts';

/** I/O port of a CPU's P-state control; QEMU puts an `isa-debugcon` there. */
export const controlPort = (cpu: number): number => 0xb00 + cpu;

const register = (kind: string, bits: number, address: number): string =>
  `ResourceTemplate () { Register (${kind}, ${bits}, 0, 0x${address.toString(16)}) }`;

/**
 * µs. Emulated, C2 would be a loop: reading its port does not halt a CPU. So long a way out of it makes the kernel's governor never
 * choose it, and sysfs shows it all the same.
 */
const c2Latency = 10_000_000;

/** ACPI 6.4, 8.4.5: two P-states (MHz, mW, µs, µs, control, status), each CPU a domain of its own under the system's control. */
const processor = (cpu: number): string => `
  External (\\_SB.CPUS.C00${cpu}, ProcessorObj)
  Scope (\\_SB.CPUS.C00${cpu}) {
    Name (_PCT, Package () { ${register('SystemIO', 8, controlPort(cpu))}, ${register('SystemIO', 8, controlPort(cpu))} })
    Name (_PSS, Package () {
      Package () { 2400, 90000, 10, 10, 0, 0 },
      Package () { 1200, 30000, 10, 10, 1, 1 }
    })
    Name (_PPC, 0)
    Name (_PSD, Package () { Package () { 5, 0, ${cpu}, 0xFC, 1 } })
    Name (_CST, Package () { 2,
      Package () { ${register('FFixedHW', 0, 0)}, 1, 1, 1000 },
      Package () { ${register('SystemIO', 8, 0xb10)}, 2, ${c2Latency}, 500 }
    })
  }`;

/** Compiles into `folder` the ACPI table that gives the guest's CPUs (at most 10) clock rates and idle states: its file. */
export const compileTable = async (folder: string, cpus: number): Promise<string> => {
  const source = path.join(folder, 'processors.asl');
  const scopes = Array.from({ length: cpus }, (_, cpu) => processor(cpu)).join('\n');
  writeFileSync(source, `DefinitionBlock ("", "SSDT", 2, "LAB", "CPUFREQ", 1) {${scopes}\n}\n`);
  await execa('iasl', ['-p', path.join(folder, 'processors'), source], { env });
  return path.join(folder, 'processors.aml');
};
