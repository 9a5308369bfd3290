import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/diagnostics.ts';
import type { Diagnostic } from '../../src/diagnostics.ts';
import { createDraft } from '../../src/inventory/draft.ts';
import type { ScriptLimits } from '../../src/inventory/formats/script-call.ts';
import { readScriptInventory } from '../../src/inventory/formats/script.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import type { LoadedInventory } from '../../src/inventory/load.ts';
import { createSources } from '../../src/yaml/files.ts';
import { codes, folderWith } from './folder.ts';

/** The path of an executable file. */
const executable = (text: string, name = 'inventory'): string => {
  const file = join(folderWith({ [name]: text }), name);
  chmodSync(file, 0o755);
  return file;
};
/** A shell script that prints this for `--list`, and for `--host NAME` what `hosts` says. */
const printing = (list: unknown, hosts: Readonly<Record<string, string>> = {}): string => {
  const cases = Object.entries(hosts).map(([host, text]) => `"--host ${host}") printf '%s' '${text}' ;;`);
  return executable(
    `#!/bin/sh\ncase "$*" in\n--list) printf '%s' '${JSON.stringify(list)}' ;;\n${cases.join('\n')}\n*) exit 9 ;;\nesac\n`,
  );
};
const loadFile = (file: string): LoadedInventory => loadInventory({ sources: [file], files: createSources() });
const variablesOf = ({ inventory }: LoadedInventory, host: string): Record<string, unknown> =>
  Object.fromEntries([...inventory.hosts.get(host)!.variables].map(([name, { value }]) => [name, value]));

describe('an executable inventory', () => {
  it('gives groups as lists and as maps, and all variables at once in _meta', () => {
    const file = printing({
      _meta: { hostvars: { a: { ansible_port: 2222, x: [1, { y: null }] }, stranger: { x: 1 } } },
      web: ['a', 'b[1:2]'],
      site: { children: ['web', 'later'], vars: { mode: 'fast', ansible_group_priority: 5 } },
      later: { hosts: ['c'] },
      empty: { hosts: [] },
    });
    const loaded = loadFile(file);
    expect(loaded.diagnostics).toEqual([]);
    const { hosts, groups } = loaded.inventory;
    expect([...hosts.keys()]).toEqual(['a', 'b[1:2]', 'c']);
    expect([...groups.keys()]).toEqual(['all', 'ungrouped', 'web', 'site', 'later', 'empty']);
    expect(groups.get('site')).toEqual({ name: 'site', children: ['web', 'later'], hosts: [] });
    expect(hosts.get('a')?.groups).toEqual(['site', 'web']);
    expect(hosts.get('a')?.connection.port).toBe(2222);
    expect(variablesOf(loaded, 'a')).toEqual({ ansible_port: 2222, x: [1, { y: null }], mode: 'fast' });
    expect(variablesOf(loaded, 'c')).toEqual({ mode: 'fast' });
    expect(hosts.get('a')?.variables.get('x')).toMatchObject({
      position: { file, line: 1, column: 1 },
      origin: 'host',
    });
    expect(hosts.get('a')?.variables.get('mode')).toMatchObject({ position: { file }, origin: 'group site' });
  });

  it('is asked for each host where _meta is missing', () => {
    const loaded = loadFile(printing({ web: ['a', 'b'], db: ['a'] }, { a: '{"x": 1}', b: '' }));
    expect(loaded.diagnostics).toEqual([]);
    expect(variablesOf(loaded, 'a')).toEqual({ x: 1 });
    expect(variablesOf(loaded, 'b')).toEqual({});
  });

  it('takes a map without hosts, vars and children for a host of that name', () => {
    const loaded = loadFile(printing({ _meta: { hostvars: {} }, solo: { x: 1 } }));
    expect(codes(loaded)).toEqual(['same-name 1:1']);
    expect(loaded.inventory.groups.get('solo')?.hosts).toEqual(['solo']);
    expect(variablesOf(loaded, 'solo')).toEqual({ x: 1 });
  });

  it('stands among other sources', () => {
    const file = printing({ _meta: { hostvars: { h: { x: 'script' } } }, web: ['h'] });
    const folder = folderWith({ 'first.ini': '[web]\nh x=ini y=1\n', 'group_vars/web.yml': 'z: 1' });
    const { inventory } = loadInventory({ sources: [join(folder, 'first.ini'), file], files: createSources() });
    expect(variablesOf({ inventory } as LoadedInventory, 'h')).toEqual({ x: 'script', y: 1, z: 1 });
  });

  it('gets its words as they are, from no shell', () => {
    const name = '$(touch /nonexistent/x); "q"';
    const file = executable(
      `#!/bin/sh\nif [ "$1" = --list ]; then printf '%s' '${JSON.stringify({ web: [name] })}'; else printf '{"n": "%s"}' "$#"; fi\n`,
    );
    expect(variablesOf(loadFile(file), name)).toEqual({ n: '2' });
  });

  it('cannot pollute', () => {
    const file = executable(
      `#!/bin/sh\necho '{"_meta": {"hostvars": {"h": {"__proto__": {"polluted": 1}}}}, "web": ["h"]}'\n`,
    );
    expect(codes(loadFile(file))).toEqual(['reserved-key 1:1']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is heard when it talks on standard error', () => {
    const { diagnostics } = loadFile(executable(`#!/bin/sh\necho 'old API' >&2\necho '{"_meta": {"hostvars": {}}}'\n`));
    expect(diagnostics).toMatchObject([
      { code: 'script-said', severity: 'warning', message: expect.stringMatching(/old API$/) },
    ]);
  });
});

describe('an executable inventory that fails', () => {
  const failure = (file: string, limits?: ScriptLimits): Diagnostic => {
    try {
      readScriptInventory(file, createDraft(), [], limits);
    } catch (error) {
      if (error instanceof InputError) return error.diagnostics[0]!;
      throw error;
    }
    throw new Error('it did not fail');
  };
  const limits: ScriptLimits = { timeout: 60_000, output: 10_000 };

  it.each([
    ['echo one >&2; echo two >&2; exit 3', 'script-failed', /--list ended with exit code 3: one \/ two$/],
    ['exit 1', 'script-failed', /--list ended with exit code 1$/],
    ["printf '\\033[31mred' >&2; exit 1", 'script-failed', /: +\[31mred$/],
    ['kill -9 $$', 'script-failed', /was ended by SIGKILL/],
    ['while :; do echo 0123456789; done', 'script-failed', /printed more than 10000 bytes/],
    ['printf \'"\\377"\'', 'script-output', /not UTF-8/],
    ['', 'script-output', /printed nothing/],
    ['echo "usage: inventory --list"', 'script-output', /not JSON: "usage: inventory --list"/],
    [`echo '{"secret": hunter2}'`, 'script-output', /a value is expected at line 1, column 12/],
    ['echo "[]"', 'script-output', /is no map/],
    [
      `if [ $1 = --list ]; then echo '{"web": ["h"]}'; else exit 4; fi`,
      'script-failed',
      /--host h ended with exit code 4/,
    ],
  ])('says so: %s', (script, code, message) => {
    const file = executable(`#!/bin/sh\n${script}\n`);
    const found = failure(file, limits);
    expect(found).toMatchObject({ code, severity: 'error', position: { file, line: 1, column: 1 } });
    expect(found.message).toMatch(message);
    expect(found.message).not.toContain('hunter2');
  });

  it('is stopped when it takes too long, whatever it started', () => {
    const start = performance.now();
    const found = failure(executable('#!/bin/sh\nsleep 5 &\nsleep 5\n'), { timeout: 200, output: 1000 });
    expect(found.message).toMatch(/did not end within 0.2 s/);
    expect(performance.now() - start).toBeLessThan(4000);
  });

  it('names the missing interpreter', () => {
    expect(failure(executable('#!/nonexistent/python\n')).message).toMatch(/its interpreter .* does not exist/);
  });

  it.each([
    [{ web: { hosts: 'a' } }, 'the hosts of group web must be a list of names'],
    [{ web: 'a' }, 'the hosts of group web must be a list of names'],
    [{ web: { hosts: [1] } }, 'the hosts of group web must be a list of names'],
    [{ web: { children: { a: {} } } }, 'the children of group web must be a list of names'],
    [{ web: { vars: [] } }, 'the vars of group web must be a map'],
    [{ '': [] }, 'a group needs a name'],
    [{ web: ['h'], _meta: { hostvars: [] } }, '_meta.hostvars must be a map'],
    [{ web: ['h'], _meta: { hostvars: { h: 1 } } }, 'the variables of host h must be a map'],
    [{ all: {}, _meta: { hostvars: {} } }, '"all" is a host and a group'],
    [{ web: { vars: { ansible_group_priority: 'x' } } }, 'ansible_group_priority must be a whole number'],
  ])('says what is wrong with %j', (list, message) => {
    const { diagnostics } = loadFile(printing({ _meta: { hostvars: {} }, ...list }));
    expect(diagnostics).toMatchObject([{ severity: 'error', message: expect.stringContaining(message) }]);
  });
});

describe('a file that may be a script', () => {
  it('is read by its format where it does not begin like a program', () => {
    const loaded = loadFile(executable('[web]\nh x=0777\n', 'hosts'));
    expect(loaded.diagnostics).toEqual([]);
    expect(variablesOf(loaded, 'h')).toEqual({ x: '0777' });
    expect([...loadFile(executable('web:\n  hosts:\n    h:\n', 'hosts.yml')).inventory.hosts.keys()]).toEqual(['h']);
  });

  it('is read as text, with a warning, where it is not executable', () => {
    const file = join(folderWith({ hosts: '#!/usr/bin/env inventory\n[web]\nh\n' }), 'hosts');
    const loaded = loadFile(file);
    expect(codes(loaded)).toEqual(['not-executable 1:1']);
    expect(loaded.diagnostics[0]).toMatchObject({ severity: 'warning', hint: `chmod +x ${file}` });
    expect([...loaded.inventory.hosts.keys()]).toEqual(['h']);
  });

  it('is run whatever its ending', () => {
    const file = executable(`#!/bin/sh\necho '{"_meta": {"hostvars": {}}, "web": ["h"]}'\n`, 'hosts.yml');
    expect([...loadFile(file).inventory.hosts.keys()]).toEqual(['h']);
  });
});
