import type { Client } from 'ssh2';

type GlobalRequest = (
  protocol: { requestSuccess: () => void },
  name: string,
  wantsReply: boolean,
  data: unknown,
) => void;

/** ssh2 1.17's own interface to one connection: not public, so the version is pinned exactly. */
interface Protocol {
  readonly _handlers?: { GLOBAL_REQUEST?: GlobalRequest };
}

/**
 * After the login OpenSSH tells all host keys it has, for clients that would write them down (ssh_config(5), UpdateHostKeys). ssh2
 * lets the server prove each of them, whether or not anybody listens: a signature there and its check here for every connection.
 * Nothing is written down here, so a connecting client passes over them.
 */
export const leaveHostKeys = (client: Client): void => {
  const handlers = (client as unknown as { _protocol?: Protocol })._protocol?._handlers;
  const original = handlers?.GLOBAL_REQUEST;
  if (handlers === undefined || original === undefined) return;
  handlers.GLOBAL_REQUEST = (protocol, name, wantsReply, data) => {
    if (name !== 'hostkeys-00@openssh.com') original(protocol, name, wantsReply, data);
    else if (wantsReply) protocol.requestSuccess();
  };
};
