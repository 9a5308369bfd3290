import { describe, expect, it } from 'vitest';
import { Client } from 'ssh2';
import { leaveHostKeys } from '../../src/connect/leave-host-keys.ts';
import { knownHostsFile, optionsFor, runOn, settingsFor } from './fixture.ts';
import { makeKey, noSshd, startSshd, temporaryFolder } from './sshd.ts';

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
  /** The protocol of a connection, and what is sent over it: the payloads. */
  const sending = (more: object = {}) => {
    const sent: (string | Buffer)[] = [];
    const write = { allocStart: 5, alloc: (bytes: number) => Buffer.alloc(5 + bytes), finalize: (all: Buffer) => all };
    const protocol = {
      requestSuccess: () => sent.push('success'),
      _cipher: { encrypt: (packet: Buffer) => sent.push(packet.subarray(5)) },
      _packetRW: { write },
      ...more,
    };
    return { sent, protocol };
  };

  it('is passed over where it is its host keys, with something that means nothing: silence is acknowledged late', () => {
    const { heard, request } = connecting();
    const { sent, protocol } = sending();
    request(protocol, 'hostkeys-00@openssh.com', false);
    expect(sent).toEqual([Buffer.from([2, 0, 0, 0, 0])]);
    expect(heard).toEqual([]);
  });

  it('is answered where it wants to be', () => {
    const { sent, protocol } = sending();
    connecting().request(protocol, 'hostkeys-00@openssh.com', true);
    expect(sent).toEqual(['success']);
  });

  it('is passed over in silence while keys are exchanged: nothing else may be sent then', () => {
    const { sent, protocol } = sending({ _kexinit: Buffer.of(20) });
    connecting().request(protocol, 'hostkeys-00@openssh.com', false);
    expect(sent).toEqual([]);
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

describe.skipIf(noSshd)(`a real sshd ${noSshd ?? ''}`, () => {
  it('takes what means nothing, and is not asked to prove its keys', async () => {
    const key = makeKey(temporaryFolder(), 'id');
    const sshd = await startSshd({ authorizedKeys: [key.public], extraConfig: 'LogLevel DEBUG3' });
    const trusted = knownHostsFile(`[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
    const settings = settingsFor(sshd.port, trusted, { privateKeyFile: key.file });
    const { end } = await runOn(settings, optionsFor(), 'exit 0\n');
    expect(end).toEqual({ exit: 0 });
    const packets = sshd.log().match(/(?<=debug3: )(send|receive) packet: type \d+/g) ?? [];
    // SSH_MSG_GLOBAL_REQUEST of sshd, and the one answer to it; then SSH_MSG_CHANNEL_OPEN_CONFIRMATION.
    const [told, answered, opened] = ['send packet: type 80', 'receive packet: type 2', 'send packet: type 91'];
    expect(packets.filter((packet) => [told, answered, opened].includes(packet)).sort()).toEqual([
      answered,
      told,
      opened,
    ]);
    expect(packets).not.toContain('receive packet: type 80');
    await sshd.stop();
  });
});
