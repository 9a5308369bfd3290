import { diagnosticCodes } from '../diagnostic-codes.ts';
import type { Print } from './print.ts';

const head = `# Errors and warnings

Every message about what people wrote ends with a code in brackets. It is stable: search for it here. The message itself says
what was found and where; below is what the code means and what to do. This page is printed by \`perfplay doc --errors\`.`;

/** docs/errors.md. */
export const errors = (print: Print): number => {
  const entries = Object.entries(diagnosticCodes).map(
    ([code, { meaning, remedy }]) => `## ${code}\n\n${meaning} ${remedy}`,
  );
  print.data([head, ...entries].join('\n\n'));
  return 0;
};
