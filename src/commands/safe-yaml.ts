import { Document, Scalar, visit } from 'yaml';
import { escapePage, replaceUnsafe } from '../report/escape.ts';

/** YAML's escapes in double quotes (YAML 1.2.2, 5.7). */
const escapeCode = (character: string): string => {
  const point = character.codePointAt(0)!;
  return point < 0x1_0000 ? `\\u${point.toString(16).padStart(4, '0')}` : `\\U${point.toString(16).padStart(8, '0')}`;
};

/** The value as YAML that is safe to print: texts with controls or bidirectional marks are quoted and escaped, so no value is changed. */
export const safeYaml = (value: unknown): string => {
  const document = new Document(value);
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'string' && escapePage(scalar.value) !== scalar.value)
        scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return replaceUnsafe(document.toString({ lineWidth: 0 }).trimEnd(), escapeCode);
};
