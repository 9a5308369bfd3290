import path from 'node:path';
import { labDown, labDrift, labReboot, labStatus, labUp, type LabStatus } from '../lab/index.ts';
import { InputError } from '../diagnostics.ts';
import type { Print } from './print.ts';

const folder = path.join('.perfplay', 'lab');

const show = ({ hosts }: LabStatus, print: Print): void => {
  for (const { name, port, up, story } of hosts)
    print.data(`${name}  127.0.0.1:${port}  ${up ? 'up  ' : 'down'}  SIMULATED ${story}`);
};

const needsHost = (host: string | undefined, verb: string): string => {
  if (host !== undefined) return host;
  throw new InputError([{ code: 'usage', severity: 'error', message: `lab ${verb}: which host?`, hint: `perfplay lab ${verb} kvm01` }]);
};

/** The embedded lab: simulated hosts on loopback, from the working directory's `.perfplay/lab`. */
export const lab = async (verb: string, args: readonly string[], print: Print): Promise<number> => {
  const [host, attribute, value] = args;
  switch (verb) {
    case 'up':
      show(await labUp(folder), print);
      return 0;
    case 'down':
      print.data((await labDown(folder)) ? 'the lab is down' : 'the lab was not up');
      return 0;
    case 'status':
      show(await labStatus(folder), print);
      return 0;
    case 'reboot': {
      const { host: name, boot, complaints } = await labReboot(folder, needsHost(host, verb));
      print.data(`${name} (SIMULATED) has booted: ${boot}`);
      for (const complaint of complaints) print.talk(complaint);
      return 0;
    }
    case 'drift': {
      const name = needsHost(host, verb);
      const change = attribute !== undefined && value !== undefined ? { path: attribute, value } : undefined;
      const drift = await labDrift(folder, name, change);
      print.data(`${drift.host} (SIMULATED) ${drift.path}: ${drift.before} → ${drift.after}, by hand`);
      return 0;
    }
    default:
      throw new InputError([{ code: 'usage', severity: 'error', message: `lab ${verb}: not known`, hint: 'up, down, status, reboot HOST or drift HOST [PATH VALUE]' }]);
  }
};
