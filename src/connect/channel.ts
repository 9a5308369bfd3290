import type { Readable, Writable } from 'node:stream';
import type { Channel, ChannelEnd } from './types.ts';

/** How long output may still come after the program's exit: a background child that holds the pipe must not delay the end. */
const graceMs = 1000;

export interface ChannelParts {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Calls `exited` at the program's exit, `gone` when nothing more can come; `gone` alone tells why it was lost. */
  readonly watch: (exited: (end: ChannelEnd) => void, gone: (lost: string) => void) => void;
  /** Cuts what carries the streams. */
  readonly cut: () => void;
}

/** Always reading, so that a stream nobody listens to cannot block its sibling; what came early waits for the listener. */
const tap = (stream: Readable): ((listener: (bytes: Buffer) => void) => void) => {
  const early: Buffer[] = [];
  let receive: (bytes: Buffer) => void = (bytes) => early.push(bytes);
  stream.on('data', (bytes: Buffer) => receive(bytes));
  stream.on('error', () => undefined);
  return (listener) => {
    receive = listener;
    for (const bytes of early.splice(0)) listener(bytes);
  };
};

/** A Channel over three byte streams. The listener given last to onStdout or onStderr gets all further bytes. */
export const createChannel = ({ stdin, stdout, stderr, watch, cut }: ChannelParts): Channel => {
  let open = true;
  let finish: (end: ChannelEnd) => void;
  const closed = new Promise<ChannelEnd>((resolve) => {
    finish = (end) => {
      open = false;
      resolve(end);
    };
  });
  let exit: ChannelEnd | undefined;
  watch(
    (end) => {
      exit = end;
      setTimeout(() => finish(end), graceMs).unref();
    },
    (lost) => finish(exit ?? { lost }),
  );
  stdin.on('error', () => undefined);
  return {
    write: (bytes) => {
      if (open && stdin.writable) stdin.write(bytes);
    },
    onStdout: tap(stdout),
    onStderr: tap(stderr),
    closed,
    end: () => {
      if (open && stdin.writable) stdin.end();
    },
    destroy: () => {
      cut();
      finish({ lost: 'the connection was cut from this side' });
    },
  };
};
