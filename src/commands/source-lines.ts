import type { InputError } from '../diagnostics.ts';

/** Gives a file's text, where it was read. */
export type SourceText = (file: string) => string | undefined;

const texts = new WeakMap<InputError, SourceText>();

/** Remembers which files an error points into, so that whoever prints it can show the lines. */
export const rememberSource = (error: InputError, text: SourceText): void => {
  texts.set(error, text);
};

export const sourceOf = (error: InputError): SourceText | undefined => texts.get(error);
