import { randomBytes } from 'node:crypto';
import { startDeadline } from './deadline.ts';
import { printable } from './errors.ts';
import type { PasswordGate, PasswordOutcome, ReportPassword } from './password-gate.ts';
import { quote } from './shell/quote.ts';
import { BecomeError, type Channel, type ChannelEnd, ConnectError } from './types.ts';

const sudo = '/usr/bin/sudo';

export interface Become {
  readonly user: string;
  readonly password?: string;
}

/** One call of sudo: the words of the command, and the two texts it is recognised by. Random, so that no profile can forge them. */
export interface SudoCall {
  readonly argv: readonly [string, ...string[]];
  /** The prompt that sudo shows when it wants the password, on stderr. */
  readonly prompt: string;
  /** What the new shell writes first, on stdout, when it runs. */
  readonly ready: string;
}

/**
 * `/bin/sh` as `become.user`, whose first output is `ready`. Without a password sudo may not ask (`-n`);
 * with one it reads it from standard input (`-S`) after `prompt` (sudo(8)). The password is in none of the words.
 * Throws BecomeError for a user name that no shell word should carry.
 */
export const sudoCall = ({ user, password }: Become): SudoCall => {
  if (user === '' || /\p{Cc}/u.test(user))
    throw new BecomeError(`${JSON.stringify(user)} is not a user name`, 'correct become_user');
  const prompt = `[sudo ${randomBytes(8).toString('hex')}]`;
  const ready = `ready ${randomBytes(16).toString('hex')}`;
  const ask = password === undefined ? ['-n'] : ['-S', '-p', prompt];
  return { argv: [sudo, ...ask, '-u', user, '--', '/bin/sh', '-c', `echo ${ready}; exec /bin/sh`], prompt, ready };
};

/** The words as one command for the login shell, which sudo then replaces. */
export const execCommand = (argv: readonly string[]): string => `exec ${argv.map(quote).join(' ')}`;

const passwordRefused = /incorrect password/i;
const checkPassword = 'check -K or ansible_become_password';
const wrongPassword = ['sudo refused the password', checkPassword] as const;

const refusals: readonly (readonly [pattern: RegExp, message: (user: string) => string, hint: string])[] = [
  [
    /password is required|no password was provided/i,
    (user) => `sudo wants a password to become ${user}`,
    'give it with -K or ansible_become_password, or allow NOPASSWD in sudoers',
  ],
  [passwordRefused, () => wrongPassword[0], wrongPassword[1]],
  [
    /must have a tty/i,
    () => 'sudo wants a terminal (requiretty)',
    'put `Defaults !requiretty` for this user into sudoers',
  ],
  [
    /not in the sudoers|not allowed to|may not run/i,
    (user) => `sudo does not let the login user run /bin/sh as ${user}`,
    'allow it in sudoers',
  ],
  [/unknown user/i, (user) => `there is no user ${user} on the host`, 'correct become_user'],
];

const explain = (said: string, end: ChannelEnd, user: string): BecomeError => {
  const known = refusals.find(([pattern]) => pattern.test(said));
  if (known) return new BecomeError(known[1](user), known[2]);
  if (end.exit === 127 || end.exit === 126)
    return new BecomeError(`${sudo} is not there or cannot be run`, 'install sudo, or log in as the user itself');
  const last = said.trim().split('\n').at(-1) ?? '';
  const words = printable(last) || `it ended with ${end.signal ?? `exit code ${end.exit}`}`;
  // Every word of sudo's own begins with its name.
  if (!/^(?:sudo|Sorry)\b/im.test(said))
    return new BecomeError(
      `the login shell ended before sudo was run: ${words}`,
      'a start-up file of the login shell may exit (.bashrc), or /etc/nologin keeps users out',
    );
  return new BecomeError(`sudo refused to become ${user}: ${words}`, 'its log there (journalctl -t sudo) tells why');
};

export interface SudoOptions {
  readonly timeoutMs: number;
  /** Whose password sudo asks for: the login user. */
  readonly account: string;
  readonly passwords: PasswordGate;
}

/**
 * Waits until the shell behind sudo has said that it runs, and answers the password prompt, once and only if it comes:
 * a password sent unasked would run as a command where sudo wants none. Gives the channel with everything before that cut off.
 * Throws BecomeError where sudo refuses, or has refused the password on other hosts; ConnectError where the connection was lost.
 */
export const passSudo = (channel: Channel, call: SudoCall, become: Become, options: SudoOptions): Promise<Channel> =>
  new Promise((resolve, reject) => {
    const { timeoutMs, account, passwords } = options;
    let waiting = true;
    let stdout = Buffer.alloc(0);
    let stderr = '';
    let answered = false;
    let report: ReportPassword | undefined;
    const mark = Buffer.from(`${call.ready}\n`);
    const settle = (outcome: PasswordOutcome, finish: () => void) => {
      if (!waiting) return;
      waiting = false;
      deadline.stop();
      report?.(outcome);
      finish();
    };
    const refuse = (error: Error, outcome: PasswordOutcome = 'lost') =>
      settle(outcome, () => {
        channel.onStdout(() => undefined);
        channel.end();
        reject(error);
      });
    const deadline = startDeadline(timeoutMs, () => {
      const asked = printable(stderr.split('\n').at(-1) ?? '');
      const hint = asked === '' ? undefined : `it shows: ${asked}`;
      refuse(new BecomeError(`sudo did not finish within ${timeoutMs / 1000} s`, hint));
    });
    const answer = async (password: string): Promise<void> => {
      report = await deadline.pause(() => passwords.enter(account, password));
      if (!waiting) report?.('lost');
      else if (report) channel.write(Buffer.from(`${password}\n`));
      else
        refuse(
          new BecomeError(
            'sudo wants a password; the one there is was refused by other hosts and not tried here',
            checkPassword,
          ),
        );
    };

    const onStdout: Channel['onStdout'] = (listener) => {
      if (stdout.length > 0) listener(stdout);
      channel.onStdout(listener);
    };
    channel.onStdout((bytes) => {
      stdout = Buffer.concat([stdout, bytes]);
      if (!waiting) return;
      const at = stdout.indexOf(mark);
      if (at < 0) stdout = stdout.subarray(-mark.length);
      else {
        stdout = stdout.subarray(at + mark.length);
        settle('accepted', () => resolve({ ...channel, onStdout }));
      }
    });
    channel.onStderr((bytes) => {
      if (!waiting) return;
      stderr = (stderr + bytes.toString('utf8')).slice(-16_384);
      const at = stderr.indexOf(call.prompt);
      if (at < 0 || become.password === undefined) return;
      stderr = stderr.slice(at + call.prompt.length);
      if (answered) refuse(new BecomeError(...wrongPassword), 'refused');
      else void answer(become.password);
      answered = true;
    });
    void channel.closed.then((end) => {
      if (end.lost !== undefined)
        refuse(new ConnectError(`${end.lost} before sudo had run`, 'its log (journalctl -u ssh) tells why'));
      else refuse(explain(stderr, end, become.user), passwordRefused.test(stderr) ? 'refused' : 'lost');
    });
  });
