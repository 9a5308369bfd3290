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
