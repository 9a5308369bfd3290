import { describe, expect, it } from 'vitest';
import { Client } from 'ssh2';
import { leaveHostKeys } from '../../src/connect/leave-host-keys.ts';

/** A client with the part of ssh2 that hears of the server's requests, and what was said to it. */
const connecting = () => {
  const heard: string[] = [];
  const handlers = { GLOBAL_REQUEST: (_: unknown, name: string) => heard.push(name) };
  const client = Object.assign(Object.create(Client.prototype), { _protocol: { _handlers: handlers } }) as Client;
  leaveHostKeys(client);
  const request = handlers.GLOBAL_REQUEST as (protocol: unknown, name: string, wantsReply: boolean) => void;
  return { heard, request };
};

describe('what a server tells after the login', () => {
  it('is passed over where it is its host keys, and answered where it wants to be', () => {
    const { heard, request } = connecting();
    let answers = 0;
    const protocol = { requestSuccess: () => answers++ };
    request(protocol, 'hostkeys-00@openssh.com', false);
    expect(answers).toBe(0);
    request(protocol, 'hostkeys-00@openssh.com', true);
    expect(answers).toBe(1);
    expect(heard).toEqual([]);
  });

  it('goes to ssh2 where it is anything else: keepalives must be answered', () => {
    const { heard, request } = connecting();
    request({}, 'keepalive@openssh.com', true);
    expect(heard).toEqual(['keepalive@openssh.com']);
  });

  it('is left alone where ssh2 has no such part', () => {
    expect(() => leaveHostKeys(Object.create(Client.prototype) as Client)).not.toThrow();
  });
});
