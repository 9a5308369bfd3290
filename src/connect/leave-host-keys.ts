import type { Client } from 'ssh2';

/** ssh2 1.17's own interface to one connection: not public, so the version is pinned exactly. */
interface Protocol {
  readonly requestSuccess: () => void;
  /** While keys are exchanged. */
  readonly _kexinit?: unknown;
  readonly _cipher: { readonly encrypt: (packet: Buffer) => void };
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      readonly alloc: (bytes: number) => Buffer;
      readonly finalize: (packet: Buffer) => Buffer;
    };
  };
}

type GlobalRequest = (protocol: Protocol, name: string, wantsReply: boolean, data: unknown) => void;

/** RFC 4253, section 11.2: a message that every side accepts at any time and does nothing with. */
const messageIgnore = 2;

/** Sends nothing, in five bytes: the type and an empty string. */
const sendIgnored = ({ _kexinit, _cipher, _packetRW: { write } }: Protocol): void => {
  if (_kexinit !== undefined) return;
  const packet = write.alloc(5);
  packet[write.allocStart] = messageIgnore;
  packet.writeUInt32BE(0, write.allocStart + 1);
  _cipher.encrypt(write.finalize(packet));
};

/**
 * After the login OpenSSH tells all host keys it has, for clients that would write them down (ssh_config(5), UpdateHostKeys). ssh2
 * lets the server prove each of them, whether or not anybody listens: a signature there and its check here for every connection.
 * Nothing is written down here, so a connecting client passes over them. It says something all the same: sshd's next packet, which
 * tells that the channel is open, waits until the last one is acknowledged (RFC 896), and the kernel puts that off for 40 ms
 * where there is nothing to be sent.
 */
export const leaveHostKeys = (client: Client): void => {
  const protocol = (client as unknown as { _protocol?: { _handlers?: { GLOBAL_REQUEST?: GlobalRequest } } })._protocol;
  const handlers = protocol?._handlers;
  const original = handlers?.GLOBAL_REQUEST;
  if (handlers === undefined || original === undefined) return;
  handlers.GLOBAL_REQUEST = (connection, name, wantsReply, data) => {
    if (name !== 'hostkeys-00@openssh.com') original(connection, name, wantsReply, data);
    else if (wantsReply) connection.requestSuccess();
    else sendIgnored(connection);
  };
};
