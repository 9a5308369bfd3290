import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modules } from '../modules/registry.ts';
import { examplesOf, exampleFile } from './conformance/examples.ts';
import { createLabHost, type LabHost } from './conformance/lab-host.ts';
import { properties, removesWhatItKept } from './conformance/properties.ts';
import type { Subject } from './conformance/subject.ts';

// Every module through the real engine and the real remote shell, on hosts of the simulated lab. The kernel there is the lab's own
// program, and knows nothing of the engine. Hosts side by side, the properties of each one after the other.
describe.concurrent.each([...modules.values()])('$kind', (module) => {
  const examples = examplesOf(module);

  it('has examples for the lab', () => {
    expect(examples, `${exampleFile(module.kind)} is missing or empty`).not.toEqual([]);
  });

  describe.concurrent.each(examples)('$name ($host)', (example) => {
    let host: LabHost;
    beforeAll(async () => {
      host = await createLabHost(example.host);
    });
    afterAll(() => host.remove());
    const subject = (): Subject => ({ host, module, example });

    it.sequential.each(properties)('%s', (_, property) => property(subject()));
    if (module.removable) it.sequential('removes what it kept', () => removesWhatItKept(subject()));
  });
});
