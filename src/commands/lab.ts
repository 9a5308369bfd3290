import { existsSync } from 'node:fs';
import { InputError } from '../diagnostics.ts';
import { labBasePort, labDown, labDrift, LabError, labReboot, labStatus, labUp, type LabStatus } from '../lab/index.ts';
import { labHome } from './lab-home.ts';
import type { Print } from './print.ts';
import { labsAt } from './running-labs.ts';

const site = 'playbooks/site.yml';
const inventory = 'inventories/lab.yml';

const failure = (message: string, hint: string | undefined): InputError =>
  new InputError([{ code: 'lab', severity: 'error', message, ...(hint !== undefined && { hint }) }]);

/** What the lab complains of, as an error of the command line. */
const asked = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw error instanceof LabError ? failure(error.message, error.hint) : error;
  }
};

const show = ({ hosts }: LabStatus, print: Print): void => {
  const columns = Math.max(...hosts.map(({ name }) => name.length));
  for (const { name, port, up, story } of hosts)
    print.data(`${name.padEnd(columns)}  127.0.0.1:${port}  ${up ? 'up  ' : 'down'}  SIMULATED ${story}`);
};

/** Its hosts, and what to try with them where the working directory has the files for it. */
export const up = async (print: Print): Promise<number> => {
  const { pid } = await labStatus(labHome);
  const status = await labUp(labHome).catch((error: unknown) => {
    if (!(error instanceof LabError)) throw error;
    const [other] = labsAt(labBasePort);
    throw failure(
      error.message,
      other ? `the lab of ${other.folder} (process ${other.pid}) is up: perfplay lab down there` : error.hint,
    );
  });
  show(status, print);
  if (pid === status.pid) print.talk('the lab was up already: its hosts are as they were');
  else if ([site, inventory].every((file) => existsSync(file)))
    print.talk(`the lab is up; next: perfplay run ${site} -i ${inventory}`);
  else print.talk(`the lab is up; ${site} and ${inventory}, which go with it, are in the checkout, not here`);
  return 0;
};

export const down = async (print: Print): Promise<number> => {
  print.data((await asked(labDown(labHome))) ? 'the lab is down' : 'no lab was up in this folder');
  return 0;
};

export const status = async (print: Print): Promise<number> => {
  const found = await asked(labStatus(labHome));
  show(found, print);
  print.talk(
    found.pid === undefined ? 'the lab is down; perfplay lab up starts it' : `the lab is up: process ${found.pid}`,
  );
  return 0;
};

export const reboot = async (host: string, print: Print): Promise<number> => {
  const { boot, complaints } = await asked(labReboot(labHome, host));
  print.data(`${host} (SIMULATED) has booted: ${boot}`);
  for (const complaint of complaints) print.talk(complaint);
  return 0;
};

/** Writes `value` to `attribute`, or changes the governor of a CPU where neither is given. */
export const drift = async (
  host: string,
  attribute: string | undefined,
  value: string | undefined,
  print: Print,
): Promise<number> => {
  if (attribute !== undefined && value === undefined)
    throw failure(`lab drift ${host} ${attribute}: to which value?`, `perfplay lab drift ${host} ${attribute} VALUE`);
  if ((await asked(labStatus(labHome))).pid === undefined)
    throw failure('the lab is down', 'start it with: perfplay lab up');
  const change = attribute !== undefined && value !== undefined ? { path: attribute, value } : undefined;
  const { path, before, after } = await asked(labDrift(labHome, host, change));
  print.data(`${host} (SIMULATED) ${path}: ${before} → ${after}, by hand`);
  return 0;
};
