/** Where a report goes: standard output, or a stream of a test. */
export type OutputStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export interface Writer {
  readonly write: (text: string) => void;
  /** Resolves when everything is written, or when nobody reads any more; rejects where it could not be written (disk full). */
  readonly close: () => Promise<void>;
}

const nobodyReads = (error: NodeJS.ErrnoException): boolean =>
  error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';

/** Writes until the stream fails; a reader that went away (`| head`) must not end the run. */
export const createWriter = (stream: OutputStream): Writer => {
  let failure: NodeJS.ErrnoException | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error;
  });
  const settled = (): Promise<void> =>
    failure === undefined || nobodyReads(failure) ? Promise.resolve() : Promise.reject(failure);
  return {
    write: (text) => {
      if (failure === undefined) stream.write(text);
    },
    close: () =>
      failure === undefined
        ? new Promise<void>((resolve) => {
            stream.write('', () => resolve());
          }).then(settled)
        : settled(),
  };
};
