import { safeJson } from './escape.ts';
import type { Reporter } from './events.ts';
import type { Writer } from './writer.ts';

/** Every event as it comes, one JSON value a line. */
export const createJsonlReporter = (writer: Writer): Reporter => ({
  emit: (event) => writer.write(`${safeJson(event)}\n`),
  close: writer.close,
});
