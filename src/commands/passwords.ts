import { InputError } from '../diagnostics.ts';
import { escapeText } from '../report/escape.ts';
import { environmentPasswords, type Passwords } from './environment-passwords.ts';
import type { ConnectOptions } from './options.ts';
import { readPasswordFile } from './password-file.ts';
import { ask } from './prompt.ts';

/** One of the two passwords: how it may be given. */
interface Kind {
  readonly prompt: string;
  readonly file: string;
  readonly environment: string;
  readonly variable: string;
  readonly empty: string;
}

const login: Kind = {
  prompt: 'SSH password',
  file: '--connection-password-file FILE',
  environment: 'PERFPLAY_PASSWORD',
  variable: 'ansible_password',
  empty: 'no SSH password was given',
};
const become: Kind = {
  prompt: 'BECOME password',
  file: '--become-password-file FILE',
  environment: 'PERFPLAY_BECOME_PASSWORD',
  variable: 'ansible_become_password',
  empty: 'no become password was given',
};

/** `otherwise` is what an empty answer means. Throws InputError without one. */
const askFor = async (kind: Kind, signal: AbortSignal, otherwise?: string): Promise<string> => {
  const prompt = `${kind.prompt}${otherwise === undefined ? '' : '[defaults to SSH password]'}: `;
  const instead = `give ${kind.file}, set ${kind.environment} or ${kind.variable} in the inventory, or call it from a terminal`;
  const password = (await ask({ prompt, hidden: true, instead }, signal)) || otherwise;
  if (password !== undefined) return password;
  throw new InputError([{ code: 'no-password', severity: 'error', message: kind.empty }]);
};

const warn = (message: string): void => {
  process.stderr.write(`warning: ${escapeText(message)}\n`);
};

/**
 * The passwords of a call, for hosts whose inventory has none: asked for at the terminal, else from a file, else from the environment.
 * Throws InputError where one was promised and is not there.
 */
export const obtainPasswords = async (
  options: ConnectOptions,
  signal: AbortSignal,
  environment: Passwords = environmentPasswords,
): Promise<Passwords> => {
  const given = (file: string | undefined, otherwise: string | undefined) =>
    file === undefined ? otherwise : readPasswordFile(file, signal, warn);
  const forLogin = options.askPass
    ? await askFor(login, signal)
    : await given(options.connectionPasswordFile, environment.login);
  const forBecome = options.askBecomePass
    ? await askFor(become, signal, options.askPass ? forLogin : undefined)
    : await given(options.becomePasswordFile, environment.become);
  return { ...(forLogin !== undefined && { login: forLogin }), ...(forBecome !== undefined && { become: forBecome }) };
};
