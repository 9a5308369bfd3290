import { readdirSync, readFileSync } from 'node:fs';

export interface RunningLab {
  readonly pid: number;
  readonly folder: string;
}

const argumentsOf = (pid: string): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
};

/** Labs of this machine with these ports, whoever started them; none where there is no /proc. */
export const labsAt = (basePort: number): readonly RunningLab[] => {
  const labOf = (pid: string): readonly RunningLab[] => {
    const [, program = '', folder = '', port = ''] = argumentsOf(pid);
    return /(^|\/)lab-server\.mjs$/.test(program) && port === String(basePort) ? [{ pid: Number(pid), folder }] : [];
  };
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap(labOf);
  } catch {
    return [];
  }
};
