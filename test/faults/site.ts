import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { HostSpec } from '../lab/spec.ts';
import { computeNode } from '../lab/trees.ts';
import type { Tree } from '../lab/tree.ts';

/** Where a host can be held: in an ask, while a boot menu is made, and in a program of the playbook. */
export type Hold = 'ask' | 'apply' | 'step';

/** A program stays here as long as `/run/faults/hold-NAME` is there, and says so by `/run/faults/at-NAME`. */
const holding = (name: Hold): string => `if [ -e /run/faults/hold-${name} ]; then
  : >/run/faults/at-${name}
  while [ -e /run/faults/hold-${name} ]; do sleep 0.02; done
fi
`;

const stub = (name: string): string => readFileSync(path.join(import.meta.dirname, '../lab/stubs', name), 'utf8');
const held = (name: string, at: Hold): { readonly text: string; readonly mode: number } => ({
  mode: 0o755,
  text: stub(name).replace(/^\. .*$/m, (line) => `${line}\n${holding(at)}`),
});

const tree = (): Tree => ({
  ...computeNode(),
  '/usr/bin/systemctl': held('usr/bin/systemctl', 'ask'),
  '/usr/sbin/grub-mkconfig': held('usr/sbin/grub-mkconfig', 'apply'),
  '/usr/libexec/lab/step': { mode: 0o755, text: `#!/bin/sh\n${holding('step')}echo done >>/root/steps\n` },
});

/** A compute node that can be held. */
export const node = (name: string, spec: Partial<HostSpec> = {}): HostSpec => ({
  name,
  ...spec,
  tree: { ...tree(), ...spec.tree },
});

/** Every kind of write: attributes, each store, a line of somebody's file, a whole file with a mode, a module, the boot menu, a program. */
export const playbook = `- name: Trial
  hosts: all
  become: true
  tasks:
    - name: limits
      sysctl: {values: {vm.swappiness: 1, vm.dirty_ratio: 5}}
    - name: clock
      cpufreq: {governor: performance}
    - name: disk
      block_queue: {devices: {name: sda}, nomerges: 2, rq_affinity: 2}
    - name: vhost
      qemu_kvm: {vhost_net: on}
    - name: sleep
      kernel_cmdline: {present: [intel_idle.max_cstate=1]}
    - name: note
      file: {path: /etc/faults-note, content: "declared\\n", mode: "0640"}
    - name: step
      command: {argv: [/usr/libexec/lab/step], creates: /root/steps}
`;
