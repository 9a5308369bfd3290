import { cpuList, fields, text } from './codecs.ts';
import { disks, nics } from './devices.ts';
import { combine, file, files, query, valueOf, type Read } from './reads.ts';
import { shellVars } from './shell-vars.ts';

/** What a host tells of itself in the first ask, where a task of the run names a fact. Documented by `factPaths`. */
export interface Facts {
  readonly os: { readonly family: string; readonly id: string; readonly version: string };
  readonly kernel: string;
  readonly arch: string;
  readonly cpu: {
    readonly vendor: string;
    readonly model: string;
    readonly count: number;
    readonly online: number;
    readonly sockets: number;
    readonly numa_nodes: number;
  };
  readonly memory_bytes: number;
  /** `none`, or systemd-detect-virt's word: kvm, lxc, … */
  readonly virt: string;
  readonly nics: readonly { readonly name: string; readonly driver: string }[];
  readonly disks: readonly {
    readonly name: string;
    readonly driver: string;
    readonly rotational: boolean;
    readonly bytes: number;
  }[];
}

/** Each fact with its meaning: the documentation and the static check of `facts.` in playbooks. */
export const factPaths: Readonly<Record<string, string>> = {
  'os.family': 'debian, rhel, suse, or the ID itself',
  'os.id': 'ID of os-release(5)',
  'os.version': 'VERSION_ID of os-release(5)',
  kernel: 'release of the running kernel',
  arch: 'machine name (uname -m)',
  'cpu.vendor': 'vendor_id of /proc/cpuinfo',
  'cpu.model': 'model name of /proc/cpuinfo',
  'cpu.count': 'CPUs present',
  'cpu.online': 'CPUs online',
  'cpu.sockets': 'physical packages of the CPUs online',
  'cpu.numa_nodes': 'NUMA nodes online',
  memory_bytes: 'MemTotal in bytes',
  virt: 'none, or the word of systemd-detect-virt (kvm, vmware, lxc, …)',
  nics: 'list of {name, driver}: interfaces with a device',
  disks: 'list of {name, driver, rotational, bytes}: whole disks',
};

/** /etc/os-release; family from ID and ID_LIKE. */
export const os: Read<Facts['os']> = combine({ release: file('/etc/os-release', shellVars) }, ({ release }) => {
  const values = valueOf(release);
  const id = values?.get('ID') ?? 'unknown';
  const kin = [id, ...(values?.get('ID_LIKE') ?? '').split(/\s+/)];
  const families: readonly (readonly [string, readonly string[]])[] = [
    ['debian', ['debian', 'ubuntu']],
    ['rhel', ['rhel', 'fedora', 'centos']],
    ['suse', ['suse', 'opensuse', 'sles']],
  ];
  const family = families.find(([, ids]) => kin.some((one) => ids.includes(one)))?.[0] ?? id;
  return { family, id, version: values?.get('VERSION_ID') ?? '' };
});

/** The first paragraph of /proc/cpuinfo is enough: on a large host the file is half a megabyte. */
const cpuinfo: Read<ReadonlyMap<string, string>> = {
  ops: [{ op: 'content', pattern: '/proc/cpuinfo', part: 'paragraph' }],
  decode: (snapshot) => {
    const content = snapshot.content.get('/proc/cpuinfo');
    const raw = content && 'raw' in content ? content.raw : '';
    return new Map(
      raw.split('\n').flatMap((line) => {
        const [name, value] = line.split(/\s*:\s*/, 2);
        return name && value !== undefined ? [[name, value]] : [];
      }),
    );
  },
};

/** Every fact of the host; total: what cannot be read is empty, zero or `unknown`. */
export const facts: Read<Facts> = combine(
  {
    os,
    uname: query(['uname', '-rm'], fields),
    cpuinfo,
    present: file('/sys/devices/system/cpu/present', cpuList),
    online: file('/sys/devices/system/cpu/online', cpuList),
    packages: files('/sys/devices/system/cpu/cpu[0-9]*/topology/physical_package_id', text),
    nodes: file('/sys/devices/system/node/online', cpuList),
    memory: file('/proc/meminfo', text),
    virt: {
      ops: [{ op: 'query', argv: ['systemd-detect-virt'] }],
      decode: (snapshot): string => {
        const output = snapshot.output.get('systemd-detect-virt');
        return output && output.exit !== 127 ? output.text.trim() || 'unknown' : 'unknown';
      },
    } satisfies Read<string>,
    nics,
    disks,
  },
  (seen) => {
    const [kernel = 'unknown', arch = 'unknown'] = (valueOf(seen.uname) ?? '').split(' ').filter(Boolean);
    const total = /^MemTotal:\s+(\d+) kB/m.exec(valueOf(seen.memory) ?? '')?.[1];
    return {
      os: seen.os,
      kernel,
      arch,
      cpu: {
        vendor: seen.cpuinfo.get('vendor_id') ?? 'unknown',
        model: seen.cpuinfo.get('model name') ?? 'unknown',
        count: valueOf(seen.present)?.length ?? 0,
        online: valueOf(seen.online)?.length ?? 0,
        sockets: new Set([...seen.packages.values()].map(valueOf)).size,
        numa_nodes: valueOf(seen.nodes)?.length ?? 0,
      },
      memory_bytes: Number(total ?? 0) * 1024,
      virt: seen.virt,
      nics: seen.nics.map(({ name, driver }) => ({ name, driver })),
      disks: seen.disks.map(({ name, driver = '', rotational, bytes }) => ({ name, driver, rotational, bytes })),
    };
  },
);
