/** Keys that are there only with a kernel module. */
const modules: readonly (readonly [RegExp, string])[] = [
  [/^net\/(nf_conntrack_|netfilter\/nf_conntrack_)/, 'nf_conntrack'],
  [/^net\/bridge\//, 'br_netfilter'],
  [/^sunrpc\//, 'sunrpc'],
  [/^fs\/nfs\//, 'lockd'],
  [/^dev\/raid\//, 'md_mod'],
];

/** Keys that came and went with the kernel's releases. */
const eras: readonly (readonly [RegExp, string])[] = [
  [
    /^kernel\/(sched_(latency_ns|min_granularity_ns|wakeup_granularity_ns|migration_cost_ns|nr_migrate|tunable_scaling)|numa_balancing_scan_)/,
    'since Linux 5.13 it is in /sys/kernel/debug/sched',
  ],
  [/^net\/ipv4\/tcp_tw_recycle$/, 'Linux 4.12 removed it'],
  [/^vm\/watermark_boost_factor$/, 'it came with Linux 5.0'],
  [/^vm\/compaction_proactiveness$/, 'it came with Linux 5.9'],
  [/^net\/mptcp\//, 'it came with Linux 5.6 and needs a kernel with MPTCP'],
  [/^kernel\/unprivileged_userns_clone$/, "only Debian's kernels have it"],
];

const find = (table: readonly (readonly [RegExp, string])[], path: string): string | undefined =>
  table.find(([pattern]) => pattern.test(path))?.[1];

/** Why a path under /proc/sys is not there, as far as its name tells. */
export const whyMissing = (path: string): string => {
  const module = find(modules, path);
  if (module) return `it comes with the kernel module ${module}, which is not loaded`;
  const era = find(eras, path);
  if (era) return era;
  const network = /^net\/ipv[46]\/(?:conf|neigh)\/([^/]+)\//.exec(path)?.[1];
  if (network && !['all', 'default'].includes(network))
    return `the host has no interface ${network}, or not this key for it`;
  if (path.startsWith('net/ipv6/')) return 'IPv6 is off on this host';
  return 'this kernel does not know it';
};
