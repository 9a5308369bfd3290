import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = path.join(import.meta.dirname, '../../dist/perfplay.cjs');

describe.skipIf(!existsSync(program))('standard output', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'perfplay-pipe-'));
    writeFileSync(path.join(folder, 'hosts.yml'), 'all:\n  hosts:\n    a-rather-long-name-[00001:20000]:\n');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is whole, though a pipe takes it slowly', async () => {
    const words = [program, 'inventory', '-i', 'hosts.yml', '--list-hosts', 'all'];
    const { stdout } = spawn(process.execPath, words, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    let text = '';
    for await (const chunk of stdout) text += String(chunk);
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(20_000);
    expect(lines.at(-1)).toBe('a-rather-long-name-20000');
  }, 30_000);
});
