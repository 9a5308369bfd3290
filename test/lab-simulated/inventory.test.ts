import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { simulatedHosts } from '../../src/lab/hosts.ts';
import { labBasePort } from '../../src/lab/index.ts';
import { labUser } from '../../src/lab/server.ts';

const inventory = parse(
  await readFile(fileURLToPath(new URL('../../inventories/lab.yml', import.meta.url)), 'utf8'),
) as {
  all: {
    vars: Record<string, string>;
    children: Record<string, { hosts: Record<string, { ansible_port: number }> }>;
  };
};

describe('inventories/lab.yml', () => {
  it('names every simulated host, its group and its fixed port', () => {
    const written = Object.entries(inventory.all.children).flatMap(([group, { hosts }]) =>
      Object.entries(hosts).map(([name, { ansible_port: port }]) => ({ name, group, port })),
    );
    const table = simulatedHosts.map(({ name, group }, index) => ({ name, group, port: labBasePort + 1 + index }));
    expect(written).toEqual(table);
  });

  it('logs in as the server expects, on loopback only', () => {
    expect(inventory.all.vars).toMatchObject({ ansible_host: '127.0.0.1', ansible_user: labUser });
  });

  it('has no host that is down first in a group: it would be the canary', () => {
    for (const { hosts } of Object.values(inventory.all.children)) {
      const first = simulatedHosts.find(({ name }) => name === Object.keys(hosts)[0]);
      expect(first?.down).toBeUndefined();
    }
    expect(simulatedHosts.filter(({ down }) => down)).toHaveLength(1);
  });
});
