import { describe, expect, it } from 'vitest';
import { modules } from '../../modules/registry.ts';
import { casesOf, planCase } from './cases.ts';

describe.each([...modules.values()])('$kind', (module) => {
  it('has cases', () => {
    expect(casesOf(module.kind).length).toBeGreaterThan(0);
  });
  it.each(casesOf(module.kind))('$file: $name', (one) => {
    const planned = planCase(module, one);
    expect(planned.changes).toEqual(one.changes ?? []);
    expect(planned.actions).toEqual(one.actions ?? []);
    const problems = planned.evaluations.flatMap(({ setting, problem }) =>
      problem ? [{ key: setting.key, reason: problem.reason, message: problem.message }] : [],
    );
    expect(problems).toEqual(
      (one.problems ?? []).map(({ key, reason, message = '' }) => ({
        key,
        reason,
        message: expect.stringContaining(message),
      })),
    );
    const pending = planned.evaluations.flatMap(({ setting, pending: waits }) => (waits ? [[setting.key, waits]] : []));
    if (one.pending) expect(Object.fromEntries(pending)).toEqual(one.pending);
    expect(planned.findings.map(({ finding, message, blocks = [] }) => ({ finding, message, blocks }))).toEqual(
      (one.findings ?? []).map(({ finding, message, blocks = [] }) => ({
        finding,
        message: expect.stringContaining(message),
        blocks,
      })),
    );
  });
});
