import { Box, render, Text } from 'ink';
import type { Reporter } from './events.ts';
import { finalReport } from './final.ts';
import { runHeading } from './heading.ts';
import { line, paint } from './line.ts';
import { screenLines, type Size } from './screen.ts';
import { emptySummary, reduce } from './summary.ts';
import type { OutputStream, Writer } from './writer.ts';

export interface LiveOptions {
  readonly colour: boolean;
  readonly diff: boolean;
  /** Of the terminal now; asked for each frame. */
  readonly size: () => Size;
  /** Milliseconds, in the time of the events. */
  readonly now: () => number;
}

/** Milliseconds between two frames: ten a second. */
const frameInterval = 100;

const Screen = ({ lines }: { readonly lines: readonly string[] }) => (
  <Box flexDirection="column">
    {lines.map((text, row) => (
      <Text key={row} wrap="truncate">
        {text === '' ? ' ' : text}
      </Text>
    ))}
  </Box>
);

/**
 * The stream as ink sees it. Its height is kept from ink, which would clear the terminal and its scrollback when a window
 * becomes smaller than the view; the view itself never has more lines than the screen.
 */
const inkStream = (stream: OutputStream, writer: Writer, size: () => Size): NodeJS.WriteStream => {
  const seen = {
    isTTY: stream.isTTY,
    get columns() {
      return size().columns;
    },
    write: (text: string): boolean => {
      writer.write(text);
      return true;
    },
    on: (name: string, listener: () => void) => stream.on(name, listener),
    off: (name: string, listener: () => void) => stream.off(name, listener),
  };
  return seen as unknown as NodeJS.WriteStream;
};

/** A view that is redrawn in place while the run goes on, and gives way to the final report. */
export const createLiveReporter = (stream: OutputStream, writer: Writer, options: LiveOptions): Reporter => {
  const summary = emptySummary();
  const frame = () => {
    const lines = screenLines(summary, options.size(), options.now());
    return <Screen lines={lines.map((text) => paint(text, options.colour))} />;
  };
  const instance = render(frame(), {
    stdout: inkStream(stream, writer, options.size),
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 1000,
  });
  const timer = setInterval(() => instance.rerender(frame()), frameInterval);
  let live = true;
  const stop = (): void => {
    if (!live) return;
    live = false;
    clearInterval(timer);
    instance.clear();
    instance.unmount();
  };
  return {
    emit: (event) => {
      reduce(summary, event);
      if (event.type !== 'run-ended') return;
      stop();
      const report = finalReport(summary, { columns: options.size().columns, diff: options.diff });
      const lines = [runHeading(summary), ...report, line('')];
      writer.write(lines.map((text) => paint(text, options.colour)).join('\n'));
    },
    close: () => {
      stop();
      return writer.close();
    },
  };
};
