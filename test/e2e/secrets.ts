import { stripVTControlCharacters } from 'node:util';
import { labPassword } from '../lab/spec.ts';

export const token = 'tok/9f+XQ "n" it\'s';
export const key = `-----BEGIN KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj
MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3S
-----END KEY-----
`;
const pin = 73519204;
export const nested = 'nest-4711-egg';
export const fromEnvironment = 'env:hunter/22';
const secrets = { token, key, pin: String(pin), nested, fromEnvironment, password: labPassword };
export type Name = keyof typeof secrets;

const base64 = (text: string): string => Buffer.from(text).toString('base64');
/** Without white space, quotes and commas, however they are written: lines and lists that were one text. */
const squeezed = (text: string): string => stripVTControlCharacters(text).replaceAll(/\\[nr]|[\s"',\\]/g, '');

/** How each secret may look: name of the form, and what it contains. */
const formsOf = (name: Name): readonly (readonly [form: string, text: string])[] => {
  const secret = secrets[name];
  return [
    [name, secret],
    [`${name} in JSON`, JSON.stringify(secret).slice(1, -1)],
    [`${name} in a URL`, encodeURIComponent(secret).replaceAll('%2F', '/').replaceAll("'", '%27')],
    // 'user:' fills no group of three bytes: what is within begins in the middle of one.
    [`${name} in base64`, base64(`user:${secret}@host`).slice(8, -8)],
    [`${name} alone in base64`, base64(secret).slice(0, -4)],
    ...secret
      .split('\n')
      .filter((line) => line.length > 20)
      .map((line) => [`a line of ${name}`, line] as const),
  ];
};
export const names = Object.keys(secrets) as readonly Name[];

/** The forms of the secrets that can be read in what was shown. */
export const seen = (shown: string): ReadonlySet<string> => {
  const texts = [stripVTControlCharacters(shown)];
  const joined = squeezed(shown);
  return new Set(
    names.flatMap((name) =>
      formsOf(name).flatMap(([form, text]) =>
        texts.some((one) => one.includes(text)) || joined.includes(squeezed(text)) ? [form] : [],
      ),
    ),
  );
};

/** Tasks that show all of them, in a plan too. */
export const tasks = `
    - name: Its name says {{ token }}
      debug: {msg: "{{ token }} {{ pin }} {{ nested.user.password }} {{ app_password }} {{ word }}"}
    - debug: {var: "hostvars[inventory_hostname]"}
    - name: A file with it
      file: {path: /root/app.conf, content: "user=app\\ntoken={{ token }}\\n{{ key }}pin={{ pin }}\\n", mode: "0600"}
    - name: Lines of the file
      config_file: {path: /root/lines.conf, values: {TOKEN: "{{ nested.user.password }}", PASSWORD: "{{ app_password }}"}}
    - name: As items
      debug: {msg: item}
      loop: ["{{ token }}", "{{ key }}"]
    - name: As labels
      debug: {msg: label}
      loop: [{word: "{{ word }}"}]
      loop_control: {label: "{{ item.word }}"}
    - assert: {that: "token == 'x'", fail_msg: "wrong is {{ token | to_json }} {{ token | quote }}"}
      ignore_errors: true
    - fail: {msg: "{{ token | urlencode }} {{ key | indent(6) }}"}
      ignore_errors: true
    - sysctl: {values: {net.core.somaxconn: "{{ nested.user.password }}"}}
      ignore_errors: true
`;
/** What is known only once something has run. */
export const acts = `
    - name: Says it plainly, in a URL, in base64, in pieces
      command:
        shell: |
          printf 'plain %s, ' "$T"
          printf 'https://me:%s@host/' "$T"
          printf 'user:%s@host' "$T" | base64 -w0
          printf '\\n%s' "$T" | fold -w 5
          printf '\\n%s\\n%s\\n' "$K" "$K" | base64
      environment: {T: "{{ token }}", K: "{{ key }}"}
      register: said
    - debug: {var: said}
    - debug: {msg: "{{ said.stdout_lines }} {{ said.stdout }}"}
    - name: Says it with an error
      command: {argv: [sh, -c, 'echo "bad login: $1" >&2; exit 3', sh, "{{ token }}"]}
      ignore_errors: true
    - name: Says its password with an error
      command: {argv: [sh, -c, 'echo "$1" | base64 >&2; exit 3', sh, "{{ key }}"]}
      ignore_errors: true
    - name: A wrong value
      service: {name: x, state: "{{ said.stdout_lines[0] }}"}
      ignore_errors: true
    - name: What is not there
      debug: {msg: "{{ said[token] }}"}
      ignore_errors: true
    - wait_for: {path: "/srv/{{ token }}", timeout: 0.2, msg: "{{ word }}"}
      ignore_errors: true
`;
/** The play that they stand in. */
export const head = `- name: All that may tell
  hosts: all
  become: true
  vars: {app_password: "{{ lookup('env', 'APPLICATION') }}"}
  tasks:`;

/** Variables of -e, said to be secret or not. */
export const extraVars = (isSecret: boolean): unknown => {
  const value = (one: unknown) => (isSecret ? { secret: true, value: one } : one);
  return { token: value(token), key: value(key), pin: value(pin), nested: { user: { password: value(nested) } } };
};
