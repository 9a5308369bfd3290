import { connect } from 'node:net';

/** Message types of OpenSSH's PROTOCOL.mux. */
const hello = 0x0000_0001;
const terminate = 0x1000_0005;
const version = 4;

const message = (...words: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 + words.length * 4);
  for (const [index, word] of [words.length * 4, ...words].entries()) bytes.writeUInt32BE(word, index * 4);
  return bytes;
};

/** A hold on a master: it stays as long as this process does, and ends when told, or soon after this process is no more. */
export interface MasterHold {
  /** Resolves when the master is gone. */
  readonly gone: Promise<void>;
  readonly end: () => void;
}

/** Connects to the control socket of a master. Rejects where no master answers within `timeoutMs`. */
export const holdMaster = (socketFile: string, timeoutMs: number): Promise<MasterHold> =>
  new Promise((resolve, reject) => {
    const socket = connect(socketFile, () => socket.write(message(hello, version)));
    const gone = new Promise<void>((done) => socket.once('close', () => done()));
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('the master ended')));
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.once('data', () => {
      socket.setTimeout(0);
      resolve({ gone, end: () => socket.write(message(terminate, 0)) });
    });
    socket.resume();
  });
