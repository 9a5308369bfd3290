import { chmod, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Channel } from '../../src/connect/types.ts';
import type { Shell } from '../../src/connect/shell/shell.ts';
import type { WriteOp } from '../../src/connect/shell/script.ts';
import type { Content, Snapshot } from '../../src/contract/snapshot.ts';
import type { LabHost, Sabotage } from './lab-host.ts';

const nothingDone: WriteOp = { op: 'gate' };

/** Some ops are left out, and reported as done. */
export const withoutOps = (isLeftOut: (op: WriteOp) => boolean): Sabotage => ({
  shell: (shell) => ({
    ...shell,
    apply: (ops) => shell.apply(ops.map((op) => (isLeftOut(op) ? { ...nothingDone, needs: op.needs ?? [] } : op))),
  }),
});

/** What a file is after an op, as far as the op says. */
const afterOp = (op: WriteOp): readonly (readonly [string, Content])[] => {
  switch (op.op) {
    case 'attribute':
      return [[op.path, { raw: `${op.value}\n` }]];
    case 'file':
      return [[op.path, { raw: op.after }]];
    case 'remove':
      return [[op.path, { errno: 'ENOENT' }]];
    default:
      return [];
  }
};

/** After an apply the engine is told what it wrote, whatever there is: it reads nothing back. */
export const withoutReadBack = (): Sabotage => ({
  shell: (shell) => {
    const written = new Map<string, Content>();
    return {
      ...shell,
      ask: async (ops) => {
        const seen = await shell.ask(ops);
        return { ...seen, content: new Map([...seen.content, ...written]) };
      },
      apply: (ops) => {
        for (const [name, content] of ops.flatMap(afterOp)) written.set(name, content);
        return shell.apply(ops);
      },
    };
  },
});

/** What was seen after the last apply is taken for true for good. */
export const withoutLookingAgain = (): Sabotage => {
  const remembered = new Map<string, Snapshot>();
  return {
    shell: (shell) => ({
      ...shell,
      ask: async (ops) => {
        const question = JSON.stringify(ops);
        const snapshot = remembered.get(question) ?? (await shell.ask(ops));
        remembered.set(question, snapshot);
        return snapshot;
      },
      apply: (ops) => {
        remembered.clear();
        return shell.apply(ops);
      },
    }),
  };
};

/** Something more is done with each ask. */
export const withEachAsk = (act: (shell: Shell) => Promise<unknown>): Sabotage => ({
  shell: (shell) => ({
    ...shell,
    ask: async (ops) => {
      await act(shell);
      return shell.ask(ops);
    },
  }),
});

/** Where a batch of writes begins; the prelude only defines the word. */
const applying = 'pp_do 0 ';

/** Of the first batch of writes only the beginning arrives; then the connection is gone. */
export const cutAt = (length: (batch: Buffer) => number, how: 'end' | 'destroy'): Sabotage => ({
  channel: (channel): Channel => ({
    ...channel,
    write: (bytes) => {
      if (!bytes.includes(applying)) return channel.write(bytes);
      channel.write(bytes.subarray(0, length(bytes)));
      channel[how]();
    },
  }),
});

/** Puts another kernel in the host's place: `write PATH VALUE` as sh text, in which "$real" is the honest one. */
export const replaceKernel = async ({ folder: { programs } }: LabHost, script: string): Promise<void> => {
  const file = path.join(programs, 'write');
  await rename(file, `${file}.real`);
  await writeFile(file, `#!/bin/sh\nreal=\${0%/*}/write.real\n${script}\n`);
  await chmod(file, 0o755);
};
