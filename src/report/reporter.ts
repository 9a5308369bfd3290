import type { Reporter } from './events.ts';
import type { SourceText } from './final.ts';
import { createJsonReporter } from './json.ts';
import { createJsonlReporter } from './jsonl.ts';
import { createPlainReporter } from './plain.ts';
import type { TerminalReporter } from './terminal.ts';
import { createWriter, type OutputStream } from './writer.ts';

export type OutputKind = 'live' | 'plain' | 'jsonl' | 'json';

export interface ReporterOptions {
  /** Values in full, those of several lines as a diff. */
  readonly diff?: boolean;
  /** The text of an input file, so that a diagnostic shows its line. */
  readonly source?: SourceText;
  /** Overrides what terminal and environment say. */
  readonly colour?: boolean;
  /** Override the stream's size. */
  readonly columns?: number;
  readonly rows?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The output that was asked for; else live on a terminal that can be redrawn, plain in CI, pipes and files. */
export const chooseOutput = (
  flag: OutputKind | undefined,
  isTTY: boolean | undefined,
  environment: Environment = process.env,
): OutputKind => {
  if (flag !== undefined && flag !== 'live') return flag;
  const redrawn = isTTY === true && environment['TERM'] !== 'dumb' && (flag === 'live' || !environment['CI']);
  return redrawn ? 'live' : 'plain';
};

/** FORCE_COLOR decides (`0` and `false`: no), then NO_COLOR (https://no-color.org), then whether it is a terminal. */
export const wantsColour = (isTTY: boolean | undefined, environment: Environment = process.env): boolean => {
  const force = environment['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (environment['NO_COLOR']) return false;
  return isTTY === true && environment['TERM'] !== 'dumb';
};

/** React decides when it is loaded whether it checks itself at every step, as in development; nothing else may see the word. */
const loadLive = async () => {
  const asIs = process.env['NODE_ENV'];
  process.env['NODE_ENV'] ??= 'production';
  try {
    // ink waits for something when it is loaded, and so can be none of the program's scripts.
    return { ink: await import('ink'), ...(await import('./live.tsx')) };
  } finally {
    if (asIs === undefined) delete process.env['NODE_ENV'];
  }
};

const neverDraws = (reporter: Reporter): TerminalReporter => ({ ...reporter, aside: (work) => work() });

/** A reporter of one kind on a stream. The live view and its libraries are loaded only when it is wanted. */
export const createReporter = async (
  kind: OutputKind,
  stream: OutputStream,
  options: ReporterOptions = {},
): Promise<TerminalReporter> => {
  const writer = createWriter(stream);
  const colour = options.colour ?? wantsColour(stream.isTTY);
  const { diff = false, source } = options;
  switch (kind) {
    case 'jsonl':
      return neverDraws(createJsonlReporter(writer));
    case 'json':
      return neverDraws(createJsonReporter(writer));
    case 'plain': {
      const columns = options.columns ?? (stream.isTTY ? stream.columns : undefined);
      return neverDraws(createPlainReporter(writer, { colour, diff, source, columns }));
    }
    case 'live': {
      const { ink, createLiveReporter } = await loadLive();
      const size = () => ({
        columns: options.columns ?? (stream.columns || 80),
        rows: options.rows ?? (stream.rows || 24),
      });
      return createLiveReporter(ink, stream, writer, { colour, diff, source, size, now: options.now ?? Date.now });
    }
  }
};
