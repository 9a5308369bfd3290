import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

/** One command to QEMU's control socket: what it returns. Throws what QEMU says against it, or where nothing listens. */
export const qmp = async (socketFile: string, execute: string, parameters: object = {}): Promise<unknown> => {
  const socket = createConnection(socketFile);
  try {
    await once(socket, 'connect');
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    const answer = async (): Promise<Record<string, unknown>> => {
      for (;;) {
        const line = await lines.next();
        if (line.done) throw new Error(`QEMU hung up during ${execute}`);
        const message = JSON.parse(line.value) as Record<string, unknown>;
        if (!('event' in message)) return message;
      }
    };
    await answer();
    for (const command of [{ execute: 'qmp_capabilities' }, { execute, arguments: parameters }])
      socket.write(`${JSON.stringify(command)}\n`);
    await answer();
    const result = await answer();
    if (!('return' in result)) throw new Error(`QEMU refuses ${execute}: ${JSON.stringify(result['error'])}`);
    return result['return'];
  } finally {
    socket.destroy();
  }
};
