import type { DiagnosticCode } from '../diagnostics.ts';
import type { Diagnostic, Position } from '../diagnostics.ts';

/** Everything found wrong so far; nothing stops at the first. */
export interface Problems {
  readonly error: (code: DiagnosticCode, message: string, position: Position | undefined, hint?: string) => void;
  readonly warn: (code: DiagnosticCode, message: string, position: Position | undefined, hint?: string) => void;
  readonly add: (diagnostics: readonly Diagnostic[]) => void;
  /** Of one host; the same of several hosts becomes one diagnostic that names them. */
  readonly addFor: (host: string, problems: readonly HostProblem[]) => void;
  /** In the order of the files, lines and columns; no warning where an error stands. */
  readonly all: (files: readonly string[]) => Diagnostic[];
}

/** A diagnostic of one host. `ofHost`: another host may be free of it, so the hosts are named. */
export interface HostProblem extends Diagnostic {
  readonly ofHost: boolean;
}

/** `kvm01, kvm02 and 3 more`. */
export const nameHosts = (hosts: readonly string[]): string => {
  if (hosts.length <= 3) return hosts.join(', ').replace(/, ([^,]*)$/, ' and $1');
  return `${hosts.slice(0, 2).join(', ')} and ${hosts.length - 2} more`;
};

export const problem = (
  severity: Diagnostic['severity'],
  code: DiagnosticCode,
  message: string,
  position: Position | undefined,
  hint: string | undefined,
): Diagnostic => ({ code, severity, message, ...(position && { position }), ...(hint !== undefined && { hint }) });

export const createProblems = (): Problems => {
  const found = new Map<string, { readonly diagnostic: Diagnostic; readonly hosts: Set<string> }>();
  const add = (diagnostic: Diagnostic, host?: string): void => {
    const { code, message, position } = diagnostic;
    const key = JSON.stringify([code, message, position?.file, position?.line, position?.column]);
    const known = found.get(key) ?? { diagnostic, hosts: new Set() };
    if (host !== undefined) known.hosts.add(host);
    found.set(key, known);
  };
  const finished = ({
    diagnostic,
    hosts,
  }: {
    readonly diagnostic: Diagnostic;
    readonly hosts: ReadonlySet<string>;
  }): Diagnostic =>
    hosts.size === 0 ? diagnostic : { ...diagnostic, message: `${diagnostic.message} on ${nameHosts([...hosts])}` };
  return {
    error: (code, message, position, hint) => add(problem('error', code, message, position, hint)),
    warn: (code, message, position, hint) => add(problem('warning', code, message, position, hint)),
    add: (diagnostics) => diagnostics.forEach((diagnostic) => add(diagnostic)),
    addFor: (host, problems) => {
      for (const { ofHost, ...diagnostic } of problems) add(diagnostic, ofHost ? host : undefined);
    },
    all: (files) => {
      const rank = ({ position }: Diagnostic): readonly number[] => {
        const file = files.indexOf(position?.file ?? '');
        return [file === -1 ? files.length : file, position?.line ?? 0, position?.column ?? 0];
      };
      const placeOf = ({ position }: Diagnostic): string => `${position?.file}:${position?.line}:${position?.column}`;
      const all = [...found.values()].map(finished);
      const wrong = new Set(all.filter(({ severity }) => severity === 'error').map(placeOf));
      const told = all.filter((diagnostic) => diagnostic.severity === 'error' || !wrong.has(placeOf(diagnostic)));
      return told.sort((left, right) => {
        const [first, second] = [rank(left), rank(right)];
        const index = first.findIndex((value, at) => value !== second[at]);
        return index === -1 ? 0 : first[index]! - second[index]!;
      });
    },
  };
};
