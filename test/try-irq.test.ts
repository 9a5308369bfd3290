import { it, expect } from 'vitest';
import { casesOf } from './modules/cases.ts';
import { modules } from '../modules/registry.ts';
import { decodeAll } from '../src/contract/reads.ts';
import { snapshotFromData } from '../src/contract/snapshot.ts';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createHostShells } from '../src/engine/shells.ts';
import { localChannel } from './connect/shell/shells.ts';

it('never throws', () => {
  let n = 0;
  for (const kind of ['irq_affinity', 'block_queue']) {
    const m = modules.get(kind)! as any;
    for (const one of casesOf(kind)) {
      const plan = (data: any) => { const s = snapshotFromData(data); n++; const a = m.plan(one.want, decodeAll(m.observe(one.want), s)); const b = m.plan(one.want, decodeAll(m.observe(one.want), s)); expect(JSON.stringify(a)).toBe(JSON.stringify(b));
        const keys = a.filter((x: any) => 'want' in x).map((x: any) => x.key); expect(new Set(keys).size).toBe(keys.length); };
      const { content = {}, stat = {} } = one.snapshot as any;
      for (const k of Object.keys(content).slice(0, 60)) for (const v of [{ errno: 'EACCES' }, undefined, '', 'garbage\n', '\n'])
        plan({ ...one.snapshot, content: v === undefined ? Object.fromEntries(Object.entries(content).filter(([x]) => x !== k)) : { ...content, [k]: v } });
      for (const k of Object.keys(stat)) plan({ ...one.snapshot, stat: Object.fromEntries(Object.entries(stat).filter(([x]) => x !== k)) });
      plan({ ...one.snapshot, units: {} });
      plan({ ...one.snapshot, content: Object.fromEntries(Object.keys(content).map((k) => [k, { errno: 'EACCES' }])) });
    }
  }
  console.log(n);
});

it.each([[1000, 256], [3000, 256]])('costs %i', async (irqs, cpus) => {
  const root = mkdtempSync('/tmp/cost-');
  const put = (f: string, t: string) => { const p = path.join(root, f); mkdirSync(path.dirname(p), { recursive: true }); writeFileSync(p, t); };
  for (let c = 0; c < cpus; c++) { put(`/sys/devices/system/cpu/cpu${c}/topology/physical_package_id`, `${c >> 7}\n`); put(`/sys/devices/system/cpu/cpu${c}/topology/thread_siblings_list`, `${c % 128},${c % 128 + 128}\n`); }
  put('/sys/devices/system/cpu/online', '0-255\n');
  const per = 65; let irq = 100;
  for (let d = 0; irq < 100 + irqs; d++) {
    const a = `0000:${(d + 16).toString(16)}:00.0`, f = `/sys/devices/pci0000:00/0000:00:01.${d}/${a}`;
    put(`${f}/irq`, '0\n'); put(`${f}/local_cpulist`, '0-63,128-191\n');
    for (let q = 0; q < per && irq < 100 + irqs; q++, irq++) {
      put(`${f}/msi_irqs/${irq}`, 'msix\n');
      const nic = d === 0;
      put(`/sys/kernel/irq/${irq}/actions`, nic ? (q === per - 1 ? 'ens1f0\n' : `ens1f0-TxRx-${q}\n`) : `nvme${d}q${q}\n`);
      put(`/proc/irq/${irq}/smp_affinity_list`, `${q}\n`); put(`/proc/irq/${irq}/effective_affinity_list`, `${q}\n`); put(`/proc/irq/${irq}/affinity_hint`, '00000000,00000000,00000000,00000000,00000000,00000000,00000000,00000000\n');
    }
    const link = (from: string, to: string) => { mkdirSync(path.dirname(root + from), { recursive: true }); symlinkSync(path.posix.relative(path.posix.dirname(from), to), root + from); };
    link(`/sys/bus/pci/devices/${a}`, f); link(`${f}/driver`, d === 0 ? '/sys/bus/pci/drivers/ixgbe' : '/sys/bus/pci/drivers/nvme');
    if (d === 0) { put(`${f}/net/ens1f0/mtu`, '1'); link('/sys/class/net/ens1f0', `${f}/net/ens1f0`); link(`${f}/net/ens1f0/device`, f); }
  }
  const m = modules.get('irq_affinity')! as any;
  for (const want of [{ devices: { nic: 'ens*' } }, { devices: { nic: 'ens*' }, irqbalance: 'ban', mode: 'hint' }]) {
    let bytes = 0;
    const host: any = { name: 'x', groups: [], variables: new Map(), connection: { connection: 'local', address: 'x', sshArguments: [], root } };
    const shells = createHostShells(host, async () => ({ shell: async () => { const ch: any = await localChannel(['/bin/sh']); ch.stdout?.on?.('data', (b: Buffer) => { bytes += b.length; }); return ch; }, close: () => undefined }) as any);
    const { shell } = await shells.for(undefined);
    const reads = m.observe(want);
    const ops = Object.values(reads).flatMap((r: any) => r.ops);
    await shell.ask([{ op: 'content', pattern: '/sys/devices/system/cpu/online' }]);
    bytes = 0;
    const t0 = performance.now();
    const s = await shell.ask(ops as any);
    const t1 = performance.now();
    const seen = decodeAll(reads, s);
    const t2 = performance.now();
    const steps = m.plan(want, seen);
    const t3 = performance.now();
    console.log(irqs, JSON.stringify(want), 'files', s.content.size, 'stats', s.stat.size, 'bytes', bytes, 'ask', (t1 - t0) | 0, 'decode', (t2 - t1) | 0, 'plan', (t3 - t2) | 0, 'steps', steps.length);
    shell.close();
  }
  rmSync(root, { recursive: true });
}, 120000);
