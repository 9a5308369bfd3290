import { chmod } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';
import { LabError } from './folder.ts';

/** What the command line asks of the running server: one JSON line each way, one connection a question. */
export type Question =
  { readonly ask: 'status' } | { readonly ask: 'reboot'; readonly host: string } | { readonly ask: 'stop' };

type Answer = { readonly value: unknown } | { readonly error: string; readonly hint?: string };

/** A unix socket's path has room for about 100 bytes: the shorter spelling. */
const address = (socket: string): string => {
  const relative = path.relative(process.cwd(), socket);
  return relative.length < socket.length ? relative : socket;
};

const maximumLine = 65_536;

/** Answers questions on the socket until closed. Throws EADDRINUSE where another server answers there. */
export const answerQuestions = async (
  socket: string,
  answer: (question: Question) => Promise<unknown>,
): Promise<Server> => {
  const server = createServer((connection) => {
    let text = '';
    connection.setEncoding('utf8');
    connection.on('error', () => undefined);
    connection.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > maximumLine) connection.destroy();
      if (!text.endsWith('\n')) return;
      const reply = (value: Answer): void => void connection.end(`${JSON.stringify(value)}\n`);
      answer(JSON.parse(text) as Question).then(
        (value) => reply({ value }),
        (error: Error) =>
          reply({ error: error.message, ...(error instanceof LabError && error.hint && { hint: error.hint }) }),
      );
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address(socket), resolve);
  });
  await chmod(socket, 0o600);
  return server;
};

/** Asks the running server. Undefined where nobody listens (also behind a stale socket). Throws LabError with its words. */
export const ask = (socket: string, question: Question): Promise<{ readonly value: unknown } | undefined> =>
  new Promise((resolve, reject) => {
    const connection = connect(address(socket));
    let text = '';
    connection.setEncoding('utf8');
    connection.on('connect', () => connection.write(`${JSON.stringify(question)}\n`));
    connection.on('data', (chunk: string) => {
      text += chunk;
    });
    connection.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTSOCK') resolve(undefined);
      else reject(new LabError(`the lab's server does not answer: ${error.message}`));
    });
    connection.on('close', (failed) => {
      if (failed) return;
      if (!text) return reject(new LabError('the lab ended while it was asked'));
      const answer = JSON.parse(text) as Answer;
      if ('error' in answer) reject(new LabError(answer.error, answer.hint));
      else resolve(answer);
    });
  });
