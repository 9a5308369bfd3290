import { badValue, typeName } from '../data.ts';
import { replace } from '../text.ts';
import { filter } from './filter.ts';

interface Style {
  readonly decoration: string;
  readonly beginning?: string;
  readonly end?: string;
}

const styles: ReadonlyMap<string, Style> = new Map([
  ['plain', { decoration: '# ' }],
  ['erlang', { decoration: '% ' }],
  ['c', { decoration: '// ' }],
  ['cblock', { beginning: '/*', decoration: ' * ', end: ' */' }],
  ['xml', { beginning: '<!--', decoration: ' - ', end: '-->' }],
]);

const parameters = 'style? newline? beginning? prefix? prefix_count? decoration? postfix? postfix_count? end?';

/** Text as a comment of a configuration file. Rule: Ansible's plugins/filter/core.py, comment. */
export const comment = filter(parameters, (value, given, { budget }) => {
  if (typeof value !== 'string') throw badValue(`comment works on texts, not on ${typeName(value)}`);
  const name = given.text('style', 'plain');
  const style = styles.get(name);
  if (!style) throw badValue(`comment has no style '${name}'`, `it has ${[...styles.keys()].join(', ')}`);
  const newline = given.text('newline', '\n');
  const decoration = given.text('decoration', style.decoration);
  const edge = decoration.trimEnd();
  const beginning = given.text('beginning', style.beginning ?? '');
  const prefix = given.text('prefix', edge);
  const postfix = given.text('postfix', edge);
  const end = given.text('end', style.end ?? '');
  const times = (name: string): number => Math.max(0, given.integer(name, 1));
  const decorated = decoration + replace(value, newline, newline + decoration, -1, budget);
  const body = replace(decorated, decoration + newline, edge + newline, -1, budget);
  budget.spendText(body.length + (prefix.length + 1) * times('prefix_count'));
  budget.spendText((postfix.length + 1) * times('postfix_count'));
  return [
    beginning === '' ? '' : beginning + newline,
    prefix === '' ? '' : (prefix === newline ? newline : prefix + newline).repeat(times('prefix_count')),
    body,
    (newline + postfix).repeat(times('postfix_count')),
    end === '' ? '' : newline + end,
  ].join('');
});
