import { hostname, userInfo } from 'node:os';

let found: string | undefined;

/** Who runs this, as `user@host`. Looked up once a run: a directory service is asked over the network, and everything else waits. */
export const who = (): string => (found ??= `${userInfo().username}@${hostname()}`);
