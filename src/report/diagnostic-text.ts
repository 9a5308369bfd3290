import { formatDiagnostic, type Diagnostic } from '../diagnostics.ts';
import { escapeText } from './escape.ts';

/**
 * A diagnostic as people read it (see formatDiagnostic), whatever stands in file names, values and the words of programs that it
 * quotes: none of them makes a line of its own. `source` gives the text of a file.
 */
export const diagnosticText = (
  { position, message, hint, ...rest }: Diagnostic,
  source?: (file: string) => string | undefined,
): string => {
  const { file = '' } = position ?? {};
  return formatDiagnostic(
    {
      ...rest,
      message: escapeText(message),
      ...(position && { position: { ...position, file: escapeText(file) } }),
      ...(hint !== undefined && { hint: escapeText(hint) }),
    },
    source && (() => source(file)),
  );
};
