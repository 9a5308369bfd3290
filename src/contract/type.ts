// What the schemas of parameters are made of. Each type by its name, so that a bundle leaves out the others.

import { Unsafe } from 'typebox';
import type { Static, TObjectOptions, TSchema, TString } from 'typebox';

/** A map with keys of any name. Typebox's own takes keys of every type, and nine tenths of typebox to do so. */
const Table = <Item extends TSchema>(
  key: TString & { readonly pattern?: string },
  item: Item,
  options: TObjectOptions = {},
) =>
  Unsafe<Record<string, Static<Item>>>({
    type: 'object',
    patternProperties: { [key.pattern ?? '^.*$']: item },
    ...options,
  });

export { Table as Record, Unsafe };
export {
  Any,
  Array,
  Boolean,
  Enum,
  Integer,
  Literal,
  Null,
  Number,
  Object,
  Optional,
  String,
  Union,
  Unknown,
} from 'typebox';
