// The lab's background process: `node lab-server.mjs FOLDER BASE_PORT BOOT_MILLISECONDS`, started by labUp.
import process from 'node:process';
import { serveLab } from './daemon.ts';
import { LabError } from './folder.ts';

/** What the process tells whoever started it, once. */
export type StartReport = { readonly pid: number } | { readonly error: string; readonly hint?: string };

const report = (message: StartReport): void => {
  process.send?.(message, () => process.disconnect());
};

const [folder = '', basePort, bootMilliseconds] = process.argv.slice(2);
process.on('SIGHUP', () => undefined);
try {
  const stop = await serveLab(folder, { basePort: Number(basePort), bootMilliseconds: Number(bootMilliseconds) });
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  report({ pid: process.pid });
} catch (error) {
  process.exitCode = 1;
  report({
    error: error instanceof Error ? error.message : String(error),
    ...(error instanceof LabError && error.hint !== undefined && { hint: error.hint }),
  });
}
