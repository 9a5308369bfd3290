import { attributes, type Tree } from './tree.ts';

const range = (count: number, first = 0): readonly number[] =>
  Array.from({ length: count }, (_, index) => first + index);

/** The mask of one CPU, as 32-bit groups. */
const maskOf = (cpu: number): string => (1n << BigInt(cpu)).toString(16);

export interface CpuSpec {
  readonly count: number;
  readonly nodes: number;
  readonly model: string;
  readonly driver: string;
  readonly governors: readonly string[];
  readonly governor: string;
  /** Its kernel parameter exists only where the CPUs are Intel's. */
  readonly idleDriver: 'intel_idle' | 'acpi_idle';
  /** kHz. */
  readonly maximum: number;
}

/** CPUs without SMT, numbered node by node: topology, one cpufreq policy each, cpuidle, nodes, /proc/cpuinfo. */
export const cpus = (spec: CpuSpec): Tree => {
  const { count, nodes } = spec;
  const all = range(count);
  const perNode = count / nodes;
  const list = `0-${count - 1}`;
  const base = '/sys/devices/system/cpu';
  const isHwp = spec.driver === 'intel_pstate';
  const epp = isHwp
    ? {
        energy_performance_preference: 'balance_performance',
        energy_performance_available_preferences: 'default performance balance_performance balance_power power',
      }
    : {};
  const idle = [
    ['POLL', 0],
    ['C1', 2],
    ['C1E', 10],
    ['C6', 133],
  ] as const;
  return {
    ...attributes(base, { possible: list, present: list, online: list, offline: '', isolated: '', nohz_full: '' }),
    ...attributes(`${base}/cpuidle`, { current_driver: spec.idleDriver, current_governor: 'menu' }),
    ...attributes(`${base}/smt`, { active: 0, control: 'notsupported' }),
    ...(isHwp
      ? attributes(`${base}/intel_pstate`, { status: 'active', no_turbo: 0, min_perf_pct: 40, max_perf_pct: 100 })
      : attributes(`${base}/cpufreq`, { boost: 1 })),
    ...Object.assign(
      {},
      ...all.map((cpu): Tree => {
        const node = Math.floor(cpu / perNode);
        return {
          ...(cpu > 0 && attributes(`${base}/cpu${cpu}`, { online: 1 })),
          ...attributes(`${base}/cpu${cpu}/topology`, {
            physical_package_id: node,
            core_id: cpu % perNode,
            thread_siblings_list: cpu,
            core_cpus_list: cpu,
            core_siblings_list: `${node * perNode}-${(node + 1) * perNode - 1}`,
          }),
          ...attributes(`${base}/cpu${cpu}/power`, { pm_qos_resume_latency_us: 0 }),
          [`${base}/cpu${cpu}/cpufreq`]: { link: `../cpufreq/policy${cpu}` },
          ...attributes(`${base}/cpufreq/policy${cpu}`, {
            scaling_driver: spec.driver,
            scaling_governor: spec.governor,
            scaling_available_governors: spec.governors.join(' '),
            scaling_min_freq: 1_200_000,
            scaling_max_freq: spec.maximum,
            scaling_cur_freq: 1_200_000,
            cpuinfo_min_freq: 1_200_000,
            cpuinfo_max_freq: spec.maximum,
            affected_cpus: cpu,
            related_cpus: cpu,
            ...epp,
          }),
          ...Object.assign(
            {},
            ...idle.map(([name, latency], state) =>
              attributes(`${base}/cpu${cpu}/cpuidle/state${state}`, {
                name,
                latency,
                residency: latency * 3,
                usage: 0,
                time: 0,
                disable: 0,
              }),
            ),
          ),
        };
      }),
      ...range(nodes).map((node) =>
        attributes(`/sys/devices/system/node/node${node}`, {
          cpulist: `${node * perNode}-${(node + 1) * perNode - 1}`,
        }),
      ),
    ),
    ...attributes('/sys/devices/system/node', {
      online: nodes === 1 ? '0' : `0-${nodes - 1}`,
      possible: nodes === 1 ? '0' : `0-${nodes - 1}`,
    }),
    ...(spec.idleDriver === 'intel_idle' && {
      '/sys/module/intel_idle/parameters/max_cstate': { text: '9\n', mode: 0o444 },
    }),
    '/sys/module/processor/parameters/max_cstate': { text: '8\n', mode: 0o400 },
    '/proc/cpuinfo': all
      .map(
        (cpu) =>
          `processor\t: ${cpu}\nvendor_id\t: ${spec.idleDriver === 'intel_idle' ? 'GenuineIntel' : 'AuthenticAMD'}\nmodel name\t: ${spec.model}\ncpu MHz\t\t: 1200.000\nphysical id\t: ${Math.floor(cpu / perNode)}\nflags\t\t: fpu sse2 avx2\n\n`,
      )
      .join(''),
  };
};

/** One interrupt of a device: what /proc/irq and /proc/interrupts tell of it. `managed`: the kernel owns its CPUs, files are 0444. */
export interface IrqSpec {
  readonly irq: number;
  readonly action: string;
  readonly cpu: number;
  readonly managed?: boolean;
}

export const irqs = (cpuCount: number, specs: readonly IrqSpec[]): Tree => ({
  ...Object.assign(
    {},
    ...specs.map(({ irq, action, cpu, managed }): Tree => {
      const folder = `/proc/irq/${irq}`;
      const mode = managed ? 0o444 : 0o644;
      return {
        [`${folder}/smp_affinity_list`]: { text: `${cpu}\n`, mode },
        [`${folder}/smp_affinity`]: { text: `${maskOf(cpu)}\n`, mode },
        // The kernel moves an interrupt when its affinity is written; here the two are one file.
        [`${folder}/effective_affinity_list`]: { same: `${folder}/smp_affinity_list` },
        ...attributes(folder, { affinity_hint: 0, node: 0 }),
        [`${folder}/${action}/`]: '',
        ...attributes(`/sys/kernel/irq/${irq}`, { actions: action, chip_name: 'PCI-MSI', type: 'edge' }),
      };
    }),
  ),
  '/proc/irq/default_smp_affinity': `${((1n << BigInt(cpuCount)) - 1n).toString(16)}\n`,
  '/proc/interrupts': [
    `    ${range(cpuCount)
      .map((cpu) => `       CPU${cpu}`)
      .join('')}`,
    ...specs.map(
      ({ irq, action, cpu }) =>
        `${String(irq).padStart(4)}:${range(cpuCount)
          .map((each) => String(each === cpu ? 91234 : 0).padStart(11))
          .join('')}  PCI-MSI ${irq * 1024}-edge      ${action}`,
    ),
    ' NMI:          0   Non-maskable interrupts',
    '',
  ].join('\n'),
});

export interface PciSpec {
  /** `0000:00:04.0`. */
  readonly slot: string;
  readonly driver: string;
  readonly node: number;
  readonly localCpus: string;
  readonly irqs: readonly number[];
}

/** A function on the first PCI bus, with its driver and its MSI-X interrupts. */
const pci = ({
  slot,
  driver,
  node,
  localCpus,
  irqs: numbers,
}: PciSpec): { readonly folder: string; readonly tree: Tree } => {
  const folder = `/sys/devices/pci0000:00/${slot}`;
  return {
    folder,
    tree: {
      ...attributes(folder, {
        numa_node: node,
        local_cpulist: localCpus,
        irq: numbers[0] ?? 0,
        vendor: '0x8086',
        class: '0x020000',
      }),
      ...attributes(`${folder}/msi_irqs`, Object.fromEntries(numbers.map((irq) => [irq, 'msix']))),
      [`${folder}/driver`]: { link: `../../../bus/pci/drivers/${driver}` },
      [`${folder}/subsystem`]: { link: '../../../bus/pci' },
      [`/sys/bus/pci/devices/${slot}`]: { link: `../../../devices/pci0000:00/${slot}` },
      [`/sys/bus/pci/drivers/${driver}/${slot}`]: { link: `../../../../devices/pci0000:00/${slot}` },
      [`/sys/bus/pci/drivers/${driver}/module`]: { link: `../../../../module/${driver}` },
      ...attributes(`/sys/module/${driver}`, { initstate: 'live', refcnt: 0 }),
    },
  };
};

/** A network interface of a PCI function, with `queues` receive and transmit queues. */
export const nic = (name: string, queues: number, spec: PciSpec): Tree => {
  const device = pci(spec);
  const folder = `${device.folder}/net/${name}`;
  return {
    ...device.tree,
    ...attributes(folder, {
      address: '02:00:00:00:00:01',
      operstate: 'up',
      mtu: 1500,
      flags: '0x1003',
      type: 1,
      speed: 10000,
    }),
    [`${folder}/device`]: { link: `../../../${spec.slot}` },
    [`${folder}/subsystem`]: { link: '../../../../../class/net' },
    ...Object.assign(
      {},
      ...range(queues).flatMap((queue) => [
        attributes(`${folder}/queues/rx-${queue}`, { rps_cpus: 0, rps_flow_cnt: 0 }),
        attributes(`${folder}/queues/tx-${queue}`, { xps_cpus: 0 }),
      ]),
    ),
    [`/sys/class/net/${name}`]: { link: `../..${folder.slice('/sys'.length)}` },
    '/sys/class/net/lo': { link: '../../devices/virtual/net/lo' },
    ...attributes('/sys/devices/virtual/net/lo', { address: '00:00:00:00:00:00', operstate: 'unknown', type: 772 }),
  };
};

export interface QueueSpec {
  readonly scheduler: string;
  readonly rotational: 0 | 1;
  /** 512-byte sectors. */
  readonly sectors: number;
  /** major:minor. */
  readonly number: string;
}

const queue = (folder: string, { scheduler, rotational, sectors, number }: QueueSpec): Tree => ({
  ...attributes(folder, { dev: number, size: sectors, removable: 0, ro: 0 }),
  ...attributes(`${folder}/queue`, {
    scheduler,
    rotational,
    nomerges: 0,
    nr_requests: scheduler.includes('[none]') ? 1023 : 64,
    rq_affinity: 1,
    read_ahead_kb: 128,
    add_random: rotational,
    iostats: 1,
    max_sectors_kb: 1280,
    write_cache: 'write back',
    zoned: 'none',
  }),
});

/** A SATA or SAS disk `sdX` with one partition. */
export const scsiDisk = (name: string, spec: PciSpec, block: QueueSpec): Tree => {
  const device = pci(spec);
  const target = `${device.folder}/ata1/host0/target0:0:0/0:0:0:0`;
  const folder = `${target}/block/${name}`;
  const [major, minor = 0] = block.number.split(':').map(Number);
  return {
    ...device.tree,
    ...queue(folder, block),
    [`${folder}/device`]: { link: '../../../0:0:0:0' },
    [`${target}/driver`]: { link: '../../../../../../../bus/scsi/drivers/sd' },
    '/sys/bus/scsi/drivers/sd/': '',
    ...attributes(`${folder}/${name}1`, { dev: `${major}:${minor + 1}`, size: block.sectors - 4096, partition: 1 }),
    [`/sys/block/${name}`]: { link: `..${folder.slice('/sys'.length)}` },
    [`/sys/class/block/${name}`]: { link: `../..${folder.slice('/sys'.length)}` },
  };
};

/** The one namespace of NVMe controller `nvmeN`. */
export const nvmeDisk = (controller: number, spec: PciSpec, block: QueueSpec): Tree => {
  const device = pci(spec);
  const above = `${device.folder}/nvme/nvme${controller}`;
  const name = `nvme${controller}n1`;
  const folder = `${above}/${name}`;
  return {
    ...device.tree,
    ...queue(folder, block),
    ...attributes(above, { model: 'LAB NVME', state: 'live' }),
    [`${above}/device`]: { link: `../../../${spec.slot}` },
    [`${folder}/device`]: { link: `../../nvme${controller}` },
    [`/sys/block/${name}`]: { link: `..${folder.slice('/sys'.length)}` },
    [`/sys/class/block/${name}`]: { link: `../..${folder.slice('/sys'.length)}` },
  };
};

/** KSM and transparent huge pages. */
export const memory = (ksmRun: 0 | 1): Tree => ({
  ...attributes('/sys/kernel/mm/ksm', {
    run: ksmRun,
    pages_to_scan: 100,
    sleep_millisecs: 200,
    pages_shared: 0,
    pages_sharing: 0,
    pages_unshared: 0,
    full_scans: 0,
    merge_across_nodes: 1,
    use_zero_pages: 0,
  }),
  ...attributes('/sys/kernel/mm/transparent_hugepage', {
    enabled: 'always [madvise] never',
    defrag: 'always defer defer+madvise [madvise] never',
  }),
});
