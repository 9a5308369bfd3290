import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/diagnostics.ts';
import { graphInventory, listHost, listHosts, listInventory } from '../../src/inventory/print.ts';
import { load } from './folder.ts';

const inventory = load(`
all:
  hosts: {lone: }
  children:
    web:
      hosts: {w1: {z: [1, {b: ü, a: null}], a: "x\\"y"}, w2: }
      children: {edge: }
    nobody:
edge: {hosts: {w2: {empty: {}, none: [], far: .inf, 10: ten, 9: nine}}}
`);

describe('listInventory', () => {
  it('has the shape of ansible-inventory --list', () => {
    expect(listInventory(inventory)).toBe(`{
    "_meta": {
        "hostvars": {
            "w1": {
                "a": "x\\"y",
                "z": [
                    1,
                    {
                        "a": null,
                        "b": "ü"
                    }
                ]
            },
            "w2": {
                "10": "ten",
                "9": "nine",
                "empty": {},
                "far": Infinity,
                "none": []
            }
        }
    },
    "all": {
        "children": [
            "ungrouped",
            "web",
            "nobody"
        ]
    },
    "edge": {
        "hosts": [
            "w2"
        ]
    },
    "ungrouped": {
        "hosts": [
            "lone"
        ]
    },
    "web": {
        "children": [
            "edge"
        ],
        "hosts": [
            "w1",
            "w2"
        ]
    }
}`);
  });
});

describe('passwords', () => {
  const secret = load(`
g:
  hosts:
    h: {ansible_password: hunter2, ansible_become_pass: swordfish, user: me, nested: [{ansible_ssh_pass: hunter2}]}
    i: {ansible_password: "", ansible_become_password: null}
`);

  it('are a mask, at any depth; that there is none is shown', () => {
    const {
      _meta: { hostvars },
    } = JSON.parse(listInventory(secret)) as { _meta: { hostvars: Record<string, object> } };
    expect(hostvars['h']).toEqual({
      ansible_password: '********',
      ansible_become_pass: '********',
      user: 'me',
      nested: [{ ansible_ssh_pass: '********' }],
    });
    expect(hostvars['i']).toEqual({ ansible_password: '', ansible_become_password: null });
    expect(JSON.parse(listHost(secret, 'h'))).toEqual(hostvars['h']);
  });

  it('are shown where that is asked for', () => {
    expect(listInventory(secret, { secrets: 'shown' })).toContain('"ansible_password": "hunter2"');
    expect(JSON.parse(listHost(secret, 'h', { secrets: 'shown' }))).toMatchObject({ ansible_password: 'hunter2' });
  });
});

describe('what steers a terminal', () => {
  it('is written as JSON escapes, which give the same value', () => {
    const text = listHost(load(String.raw`g: {hosts: {h: {x: "\e[31m\x9b\u202e\u200b ü", "k\a": 1}}}`), 'h');
    expect(text).not.toMatch(/(?!\n)\p{Cc}|\p{Cf}/u);
    expect(JSON.parse(text)).toEqual({ x: '\u001b[31m\u009b\u202e\u200b ü', 'k\u0007': 1 });
  });
});

describe('graphInventory', () => {
  it('draws as ansible-inventory --graph', () => {
    expect(graphInventory(inventory)).toBe(`@all:
  |--@ungrouped:
  |  |--lone
  |--@web:
  |  |--@edge:
  |  |  |--w2
  |  |--w1
  |  |--w2
  |--@nobody:`);
    expect(graphInventory(inventory, 'edge')).toBe('@edge:\n  |--w2');
  });

  it('names the nearest group', () => {
    expect(() => graphInventory(inventory, 'egde')).toThrow(InputError);
  });
});

describe('listHost and listHosts', () => {
  it('print variables as JSON and names one a line', () => {
    expect(listHost(inventory, 'lone')).toBe('{}');
    expect(JSON.parse(listHost(inventory, 'w1'))).toEqual({ a: 'x"y', z: [1, { a: null, b: 'ü' }] });
    expect(listHosts(['w1', 'w2'])).toBe('w1\nw2');
  });

  it('name the nearest host', () => {
    try {
      listHost(inventory, 'w11');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).diagnostics).toMatchObject([{ code: 'unknown-host', hint: 'did you mean w1?' }]);
    }
  });
});
