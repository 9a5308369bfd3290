import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFolder, startLab, type Folder, type FolderLab } from './fixture.ts';

// What the program writes on this machine is its owner's alone, also where the shell says that everybody may read and write new files.

let folder: Folder;
let lab: FolderLab;
beforeAll(async () => {
  folder = createFolder();
  const before = process.umask(0);
  try {
    lab = await startLab(folder);
  } finally {
    process.umask(before);
  }
});
afterAll(async () => {
  await lab?.down();
  folder.remove();
});

/** Files and folders below that others can reach, each with its mode. */
const open = (below: string): readonly string[] => {
  const found = readdirSync(path.join(folder.path, below), { recursive: true, withFileTypes: true })
    .map((entry) => path.join(entry.parentPath, entry.name))
    // What stands for the files of a simulated host has the modes of a host, in a folder that nobody else can enter.
    .filter((file) => !/\/\.perfplay\/lab\/hosts(\/|$)/.test(file))
    .map((file) => ({ file: path.relative(folder.path, file), mode: statSync(file).mode & 0o777 }));
  expect(found.length).toBeGreaterThan(0);
  return found.filter(({ mode }) => (mode & 0o077) !== 0).map(({ file, mode }) => `${mode.toString(8)} ${file}`);
};
const mode = (name: string): string => (statSync(path.join(folder.path, name)).mode & 0o777).toString(8);

describe('with umask 000', () => {
  it('the shell of these tests makes files that everybody can write', async () => {
    await folder.sh('umask 000; echo >everybody; mkdir folder');
    expect([mode('everybody'), mode('folder')]).toEqual(['666', '777']);
  });

  it('the keys of the lab, its known_hosts and all else below .perfplay are private, after runs too', async () => {
    const { exitCode } = await folder.sh(
      `umask 000; perfplay run playbooks/site.yml -i ${lab.inventory} -l kvm01 -t cpu`,
    );
    expect(exitCode).toBe(0);
    expect(readFileSync(path.join(folder.path, '.perfplay/lab/key'), 'utf8')).toContain('PRIVATE KEY');
    expect(mode('.perfplay')).toBe('700');
    expect(open('.perfplay')).toEqual([]);
  });

  it('known_hosts by trust is private, and so is the folder made for it', async () => {
    const given = `trust kvm01 -y -i ${lab.inventory} -e perfplay_known_hosts=ssh/known_hosts`;
    const { exitCode, stderr } = await folder.sh(`umask 000; perfplay ${given}`);
    expect([exitCode, stderr]).toEqual([0, 'kvm01: added 1 key to ssh/known_hosts']);
    expect([mode('ssh'), mode('ssh/known_hosts')]).toEqual(['700', '600']);
  });
});
