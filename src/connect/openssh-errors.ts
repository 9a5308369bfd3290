import { AttemptError, closedError, notSsh, printable, socketError, timeoutError } from './errors.ts';
import { readSshLog, type SshLog } from './openssh-log.ts';

/** What one `ssh` has left behind that did not log in. */
export interface FailedLogin {
  /** As people name the host. */
  readonly name: string;
  /** `host:port` by the inventory, until ssh has said it better. */
  readonly where: string;
  /** The log of ssh. */
  readonly log: string;
  /** What came on its standard error: of its start, and of the jump hosts' ssh. */
  readonly aside: string;
  readonly timeoutMs: number;
}

interface Case {
  readonly name: string;
  readonly where: string;
  readonly log: SshLog;
  readonly timeoutMs: number;
}

type Rule = readonly [pattern: RegExp, explain: (found: RegExpExecArray, login: Case) => AttemptError];

const refused = (message: string, hint: string, isForeign = false) =>
  new AttemptError('refused', message, hint, isForeign);

/** What strerror(3) and gai_strerror(3) say, by its name. */
const errnoOf: readonly (readonly [pattern: RegExp, code: string])[] = [
  [/Connection refused/, 'ECONNREFUSED'],
  [/No route to host|Host is unreachable/, 'EHOSTUNREACH'],
  [/Network is unreachable/, 'ENETUNREACH'],
  [/Connection reset by peer/, 'ECONNRESET'],
  [/Broken pipe/, 'EPIPE'],
  [/Temporary failure in name resolution|try again/i, 'EAI_AGAIN'],
  [/resolve hostname/i, 'ENOTFOUND'],
];

const systemError = (words: string, { where }: Case): AttemptError => {
  const code = errnoOf.find(([pattern]) => pattern.test(words))?.[1];
  const known = code && socketError(Object.assign(new Error(words), { code }), where);
  return known || new AttemptError('broken', `${where}: ${printable(words)}`);
};

const hostKeyError = ({ name, where, log }: Case): AttemptError => {
  const shown = log.hostKey ?? 'which ssh does not name';
  const find = (pattern: RegExp) => log.errors.map((line) => pattern.exec(line)).find((found) => found !== null);
  if (find(/revoked/))
    return refused(
      `${where} shows the key ${shown}, which is revoked in the known hosts`,
      'somebody may use a stolen key: find out before anything else',
      true,
    );
  const offending = find(/^Offending .*key in (.+):(\d+)$/);
  if (offending) {
    const [, file, line] = offending;
    const known = find(/-R "?([^"]+?)"?$/)?.[1] ?? where;
    return refused(
      `${where} shows the key ${shown}, another one than in ${file}:${line}`,
      `if the host was installed anew: ssh-keygen -R '${known}' -f ${file}, then perfplay trust ${name}`,
      true,
    );
  }
  const certificate = find(/^Certificate invalid: (.*)$/)?.[1];
  if (certificate !== undefined)
    return refused(
      `${where} shows a host certificate that does not hold: ${printable(certificate)}`,
      'sign its key anew (ssh-keygen -s CA -h -n NAME -V …), or name it as in the certificate (ansible_host, HostKeyAlias)',
      true,
    );
  const authority =
    log.authority === undefined
      ? ''
      : `; or put @cert-authority with the key ${log.authority}, which has signed its certificate, into known_hosts`;
  return refused(
    `${where} shows the unknown key ${shown}`,
    `if that is its fingerprint: perfplay trust ${name}${authority}`,
    true,
  );
};

/** What ssh says of keys that it could not use. */
const keyNotes = (log: SshLog): string | undefined => {
  const notes = log.errors.flatMap((line) => {
    const missing = /^no such identity: (.+): No such file/.exec(line)?.[1];
    if (missing !== undefined) return `${missing} does not exist`;
    return /^(?:Load key |Permissions \d+ for |sign_and_send_pubkey: |agent )/.test(line) ? printable(line) : [];
  });
  return notes.length === 0 ? undefined : [...new Set(notes)].join('; ');
};

const loginError = (takes: string, { where, log }: Case): AttemptError => {
  const methods = takes.split(',').join(', ');
  const as = log.user === undefined ? '' : ` as ${log.user}`;
  const notes = keyNotes(log);
  if (log.acceptedKey !== undefined)
    return refused(
      `${where} would take ${log.acceptedKey}${as}, and it could not sign`,
      'nobody can be asked for a passphrase or a PIN here: ssh-add the key, or touch its device in time',
    );
  if (!/publickey|gssapi|hostbased/.test(takes))
    return refused(
      `${where} takes no keys for the login${as} (it takes ${methods})`,
      'ssh gives no passwords here: set ansible_connection: ssh with ansible_password, or allow keys there',
    );
  if (!/publickey|hostbased/.test(takes))
    return refused(
      `${where} takes only a ticket for the login${as} (it takes ${methods})`,
      'kinit here, and GSSAPIAuthentication yes in ssh_config',
    );
  if (log.offered.length === 0)
    return refused(
      `no key to log in to ${where}${as} (it takes ${methods})`,
      notes ?? 'name a key with ansible_ssh_private_key_file, or add one to the agent',
    );
  return refused(
    `${where} refused the login${as} with ${log.offered.join(', ')} (it takes ${methods})`,
    notes ??
      'is that key in the authorized_keys there, or its certificate signed by the right authority for this user?',
  );
};

/** The words of ssh, what decides first. They are those of OpenSSH 7.6 to 10. */
const rules: readonly Rule[] = [
  [/^Host key verification failed/, (_, login) => hostKeyError(login)],
  [/Permission denied \(([^)]*)\)/, ([, takes], login) => loginError(takes!, login)],
  [
    /Too many authentication failures/,
    (_, { where }) =>
      refused(
        `${where} stopped after too many keys (MaxAuthTries)`,
        'set IdentitiesOnly yes with an IdentityFile, or ansible_ssh_private_key_file',
      ),
  ],
  [
    /no matching (.*) found\. Their offer: (.*)/,
    ([, what, offer], { where }) =>
      new AttemptError(
        'broken',
        `${where} and ssh have no common ${printable(what!)}`,
        `it offers ${printable(offer!)}: ssh_config can allow one of them`,
      ),
  ],
  [
    /jumphost loop/i,
    (_, { name }) => new AttemptError('broken', `ProxyJump leads in a circle through ${name}`, 'correct ssh_config'),
  ],
  [
    /open failed: (?:[\w ]+: )?(.*)/,
    ([, why], { where }) =>
      new AttemptError(
        'broken',
        `${where} cannot reach the next host: ${printable(why!)}`,
        'is it up, and does the jump host allow AllowTcpForwarding?',
      ),
  ],
  [/timed out/, (_, { where, log, timeoutMs }) => timeoutError(where, log.stage, timeoutMs)],
  [/^ssh: (?:connect to host|Could not resolve)/, (found, login) => systemError(found.input, login)],
  [
    /invalid (?:format|characters)|protocol error|banner line too long/i,
    (_, { where, log }) => notSsh(where, printable(log.greeting)),
  ],
  [
    /Received disconnect from .*?:\d+: (.*)/,
    ([, why], { where, log }) =>
      new AttemptError(
        'broken',
        `${where} ended the connection (${log.stage}): ${printable(why!)}`,
        'its log tells why',
      ),
  ],
  [
    /exchange_identification: (?:read: )?Connection|^Connection (?:closed|reset) by|^Disconnected from/,
    (_, { where, log }) => closedError(where, log.stage, log.greeting),
  ],
];

const explain = (login: Case): AttemptError => {
  for (const [pattern, make] of rules)
    for (const line of login.log.errors) {
      const found = pattern.exec(line);
      if (found) return make(found, login);
    }
  const words = printable(login.log.errors.at(-1) ?? '');
  return new AttemptError('broken', `${login.where}: ssh failed${words && `: ${words}`}`, 'ssh -v shows more');
};

/** ssh did not get as far as the network: its configuration, its arguments. */
const startError = (aside: SshLog): AttemptError =>
  new AttemptError(
    'broken',
    `ssh did not start: ${printable(aside.errors[0] ?? '') || 'it says nothing'}`,
    'ssh -G shows the same',
  );

const caseOf = (login: FailedLogin, log: SshLog): Case => ({
  name: login.name,
  where: log.where ?? login.where,
  log,
  timeoutMs: login.timeoutMs,
});

/** The jump host's ssh has failed: its words stand on standard error. */
const onTheWay = (login: FailedLogin, target: SshLog, tell: (login: Case) => AttemptError): AttemptError => {
  const aside = readSshLog(login.aside);
  const told = tell(caseOf({ ...login, name: aside.where ?? 'HOST', where: 'on the way' }, aside));
  const where = target.where ?? login.where;
  const message = told.message.replace('cannot reach the next host', `cannot reach ${where}`);
  return new AttemptError(
    told.kind === 'refused' ? 'refused' : 'broken',
    `jump host ${message}`,
    told.hint,
    told.isForeign,
  );
};

const isBeforeGreeting = ({ stage }: SshLog): boolean => stage === 'connect' || stage === 'greeting';

/** Why ssh did not log in, from what it said. Its exit code says nothing. */
export const loginFailure = (login: FailedLogin): AttemptError => {
  const log = readSshLog(login.log);
  const aside = readSshLog(login.aside);
  if (log.where === undefined && log.errors.length === 0 && aside.errors.length > 0) return startError(aside);
  if (log.proxy === 'jump' && isBeforeGreeting(log)) return onTheWay(login, log, explain);
  const error = explain(caseOf(login, log));
  const complaint = printable(aside.errors.at(-1) ?? '');
  return log.proxy === 'command' && isBeforeGreeting(log) && complaint !== ''
    ? new AttemptError('broken', `${error.message}; ProxyCommand says: ${complaint}`, error.hint)
    : error;
};

/** The deadline passed before ssh had logged in. */
export const loginTimeout = (login: FailedLogin): AttemptError => {
  const late = ({ where, log, timeoutMs }: Case) => timeoutError(where, log.stage, timeoutMs);
  const log = readSshLog(login.log);
  const isOnTheWay = log.proxy === 'jump' && isBeforeGreeting(log) && !login.aside.includes('Authenticated to');
  return isOnTheWay ? onTheWay(login, log, late) : late(caseOf(login, log));
};

/** Why a connection that was up is gone, from the log of its ssh. */
export const lossReason = (text: string, where: string): string => {
  const { errors } = readSshLog(text);
  if (errors.some((line) => /^Timeout, server .* not responding/.test(line)))
    return `${where} has not answered for 45 s`;
  const words = errors.findLast((line) => /disconnect|corrupt|Bad packet/i.test(line));
  return words === undefined ? `${where} closed the connection` : `${where} ended the connection: ${printable(words)}`;
};
