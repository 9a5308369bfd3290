import type { DownSpec, HostSpec } from '../lab/spec.ts';
import { brokerNode, computeNode, qemu } from '../lab/trees.ts';
import type { Tree } from '../lab/tree.ts';
import { recorder } from './recorder.ts';

/** What systemd does for irqbalance: it reads the file of arguments and starts the daemon under its name. */
const irqbalance: Tree = {
  '/etc/systemd/system/irqbalance.service': '[Service]\nExecStart=/usr/libexec/lab/start-balancer\n',
  '/usr/libexec/lab/start-balancer': {
    mode: 0o755,
    text: `#!/bin/sh
for file in /etc/default/irqbalance /etc/sysconfig/irqbalance; do [ ! -e "$file" ] || . "$file"; done
for process in /proc/[0-9]*; do
  read -r name <"$process/comm" && [ "$name" = irqbalance ] && kill "\${process#/proc/}"
done 2>/dev/null
cd /
PATH=/usr/libexec/lab/bin
irqbalance -c 'read _ </run/never' --foreground $IRQBALANCE_ARGS </dev/null >/dev/null 2>&1 &
`,
  },
};
const balancer = { name: 'irqbalance', args: ['--foreground'] };

const compute = (family: 'debian' | 'rhel' = 'debian'): Tree => ({
  ...computeNode(family),
  ...irqbalance,
  ...recorder.tree,
});
const broker = (): Tree => ({ ...brokerNode(), ...irqbalance, ...recorder.tree });
const { sshd } = recorder;

/** Two kinds of nodes, both families, every shell, every login; and three that cannot be reached. */
export const rack: readonly (HostSpec | DownSpec)[] = [
  { name: 'kvm01', groups: ['kvm'], tree: compute(), processes: [balancer, qemu('web1', false)], sshd },
  {
    name: 'kvm02',
    groups: ['kvm'],
    shell: 'bash',
    login: { sudo: 'password' },
    tree: compute('rhel'),
    processes: [balancer],
    sshd,
  },
  {
    name: 'kvm03',
    groups: ['kvm'],
    shell: 'busybox',
    userland: 'busybox',
    login: { profile: 'noisy' },
    tree: compute(),
    processes: [balancer],
    sshd,
  },
  { name: 'rp01', groups: ['brokers'], login: { user: 'root' }, tree: broker(), processes: [balancer], sshd },
  {
    name: 'rp02',
    groups: ['brokers'],
    shell: 'bash',
    login: { loginShell: 'csh', profile: 'noisy' },
    tree: broker(),
    processes: [balancer],
    sshd,
  },
  { name: 'kvm04', groups: ['kvm'], down: 'refused' },
  { name: 'kvm05', groups: ['kvm'], down: 'silent' },
  { name: 'rp03', groups: ['brokers'], hostKey: 'changed', tree: broker() },
];
export const up = ['kvm01', 'kvm02', 'kvm03', 'rp01', 'rp02'] as const;

export const groupVars: Readonly<Record<string, unknown>> = {
  all: { governor: 'performance', max_cstate: 1 },
  kvm: { data_disks: 'sd*', nics: 'ens1*' },
  brokers: { data_disks: 'nvme*', nics: 'ens5' },
};

/** The stories' playbook: every module, a handler, a guarded command. */
export const site = `- name: Every host
  hosts: kvm:brokers
  become: true
  serial: [1, 100%]
  max_fail_percentage: 60
  tasks:
    - name: CPUs run at full clock
      cpufreq: {governor: "{{ governor }}"}
      tags: cpu
    - name: Cores sleep no deeper than C1
      kernel_cmdline:
        present: ["intel_idle.max_cstate={{ max_cstate }}", "processor.max_cstate={{ max_cstate }}"]
      tags: [cpu, boot]
    - name: The application orders its own I/O
      block_queue: {devices: {name: "{{ data_disks }}"}, scheduler: noop, nomerges: 2}
      tags: disk
    - name: NIC interrupts spread over local CPUs
      irq_affinity: {devices: {nic: "{{ nics }}"}, mode: spread, cpus: local, irqbalance: ban}
      tags: nic
    - name: Somebody was told
      command: {argv: [touch, /root/told], creates: /root/told}
- name: Compute nodes
  hosts: kvm
  become: true
  tasks:
    - name: Guest packets bypass QEMU
      qemu_kvm: {vhost_net: on, running_vms: report}
    - name: No page merging
      ksm: {run: off, owners: stop}
- name: Brokers
  hosts: brokers
  become: true
  tasks:
    - name: Kernel limits
      sysctl: {values: {vm.swappiness: 1, fs.aio-max-nr: {min: 1048576}, net.core.somaxconn: 4096}}
      notify: Limits are written down
  handlers:
    - name: Limits are written down
      command: {shell: "cat /proc/sys/vm/swappiness >>/root/limits"}
`;
