import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { decodeAll } from '../../src/contract/reads.ts';
import { snapshotFromData, type SnapshotData } from '../../src/contract/snapshot.ts';
import { isAction, isFinding, isSetting, type Act, type Step } from '../../src/contract/steps.ts';
import type { AnyModule } from '../../src/contract/module.ts';
import { evaluate } from '../../src/engine/evaluate.ts';
import type { Value } from '../../src/inventory/types.ts';
import type { Apply } from '../../src/playbook/types.ts';

/** One case of modules/KIND/cases/*.yaml: parameters, what a host showed (the format of `facts --snapshot`), what follows. */
export interface Case {
  readonly name: string;
  readonly want: Value;
  readonly apply?: Apply;
  readonly absent?: boolean;
  readonly snapshot: SnapshotData;
  /** In the order of writing: everything that differs. */
  readonly changes?: readonly {
    readonly key: string;
    readonly before: string | null;
    readonly after: string | null;
    readonly levels: readonly string[];
    readonly pending?: string;
  }[];
  /** Settings that cannot be written, and settings that wait. */
  readonly problems?: readonly { readonly key: string; readonly reason: string; readonly message?: string }[];
  readonly pending?: Readonly<Record<string, string>>;
  /** `message`: a part of it. */
  readonly findings?: readonly {
    readonly finding: string;
    readonly message: string;
    readonly blocks?: readonly string[];
  }[];
  /** A program's words, or another act. */
  readonly actions?: readonly (readonly string[] | Omit<Act, 'run'>)[];
}

const root = path.join(import.meta.dirname, '../../modules');

/** Every case of a module, with the file it stands in. */
export const casesOf = (kind: string): readonly (Case & { readonly file: string })[] => {
  const folder = path.join(root, kind, 'cases');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((file) =>
      (parse(readFileSync(path.join(folder, file), 'utf8'), { merge: true }) as Case[]).map((one) => ({
        ...one,
        file,
      })),
    );
};

/** Plans a case as the engine does. */
export const planCase = (module: AnyModule, { want, snapshot: data, apply = 'both', absent = false }: Case) => {
  const snapshot = snapshotFromData(data);
  const steps: readonly Step[] = module.plan(
    want as never,
    decodeAll(module.observe(want as never), snapshot) as never,
  );
  const findings = steps.filter(isFinding);
  const blocked = new Set(findings.flatMap((finding) => finding.blocks ?? []));
  const evaluations = steps
    .filter(isSetting)
    .filter(({ key }) => !blocked.has(key))
    .map((setting) => evaluate(setting, apply, absent, (read) => read.decode(snapshot)));
  return {
    steps,
    findings,
    evaluations,
    actions: steps.filter(isAction).map(({ action }) => ('run' in action ? action.run : action)),
    changes: evaluations
      .filter(({ write, keep }) => write || keep !== undefined)
      .map(({ setting, before, after, levels, pending }) => ({
        key: setting.key,
        before,
        after,
        levels,
        ...(pending && { pending }),
      })),
  };
};
