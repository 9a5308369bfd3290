/** Ansible's names of facts, each with perfplay's; for hints where such a name is undefined. */
const forms: Readonly<Record<string, string>> = {
  os_family: "facts.os.family: 'debian', 'rhel' or 'suse'",
  distribution: "facts.os.id: 'ubuntu', 'debian', 'rocky' and so on",
  distribution_version: 'facts.os.version',
  distribution_major_version: "facts.os.version | split('.') | first",
  distribution_release: 'facts.os.version',
  kernel: 'facts.kernel',
  kernel_version: 'facts.kernel',
  architecture: 'facts.arch',
  machine: 'facts.arch',
  userspace_architecture: 'facts.arch',
  processor: 'facts.cpu.model',
  processor_count: 'facts.cpu.sockets',
  processor_cores: 'facts.cpu.count',
  processor_vcpus: 'facts.cpu.count',
  processor_nproc: 'facts.cpu.online',
  memtotal_mb: 'facts.memory_bytes // 1048576',
  memory_mb: 'facts.memory_bytes // 1048576',
  virtualization_type: "facts.virt: 'none', 'kvm' and so on",
  virtualization_role: "facts.virt: 'none' on a machine that is no guest",
  interfaces: "facts.nics | map(attribute='name')",
  devices: 'facts.disks',
  hostname: 'inventory_hostname_short',
  nodename: 'inventory_hostname',
  fqdn: 'inventory_hostname',
};

/** What to write for one of Ansible's names of facts, such as `ansible_os_family`; undefined for other names. */
export const factForm = (name: string): string | undefined => {
  if (name === 'ansible_facts') return 'facts have names of their own here: perfplay doc facts';
  const fact = /^ansible_(\w+)$/.exec(name)?.[1];
  return fact !== undefined && Object.hasOwn(forms, fact) ? `write ${forms[fact]!}` : undefined;
};
