import { finalReport, type SourceText } from './final.ts';
import { runHeading } from './heading.ts';
import { line, paint } from './line.ts';
import { screenLines, type Size } from './screen.ts';
import { emptySummary, reduce } from './summary.ts';
import type { TerminalReporter } from './terminal.ts';
import type { OutputStream, Writer } from './writer.ts';

type Ink = typeof import('ink');

export interface LiveOptions {
  readonly colour: boolean;
  readonly diff: boolean;
  readonly source: SourceText | undefined;
  /** Of the terminal now; asked for each frame. */
  readonly size: () => Size;
  /** Milliseconds, in the time of the events. */
  readonly now: () => number;
}

/** Milliseconds between two frames: ten a second. */
const frameInterval = 100;

const Screen = ({ ink: { Box, Text }, lines }: { readonly ink: Ink; readonly lines: readonly string[] }) => (
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
export const createLiveReporter = (
  ink: Ink,
  stream: OutputStream,
  writer: Writer,
  options: LiveOptions,
): TerminalReporter => {
  const { colour, diff, source, size, now } = options;
  const summary = emptySummary();
  const seen = inkStream(stream, writer, size);
  const frame = () => (
    <Screen ink={ink} lines={screenLines(summary, size(), now()).map((text) => paint(text, colour))} />
  );
  /** Takes the view off the screen; undefined while there is none. */
  let stop: (() => void) | undefined;
  /** How many have the terminal to themselves. */
  let others = 0;

  const draw = (): void => {
    if (stop !== undefined || others > 0 || summary.run === undefined || summary.end !== undefined) return;
    const instance = ink.render(frame(), { stdout: seen, exitOnCtrlC: false, patchConsole: false, maxFps: 1000 });
    const timer = setInterval(() => instance.rerender(frame()), frameInterval);
    stop = () => {
      stop = undefined;
      clearInterval(timer);
      instance.clear();
      instance.unmount();
    };
  };
  return {
    emit: (event) => {
      reduce(summary, event);
      if (event.type === 'run-started') draw();
      if (event.type !== 'run-ended') return;
      stop?.();
      const report = finalReport(summary, { columns: size().columns, diff, source });
      const lines = [runHeading(summary), ...report, line('')];
      writer.write(lines.map((text) => paint(text, colour)).join('\n'));
    },
    aside: async (work) => {
      others++;
      stop?.();
      try {
        return await work();
      } finally {
        others--;
        draw();
      }
    },
    close: () => {
      stop?.();
      return writer.close();
    },
  };
};
