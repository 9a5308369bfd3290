import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A site and what it is asked with. */
export interface Question {
  readonly folder: string;
  /** A file of the folder; else there is one host, `one`, and nothing is said of it. */
  readonly inventory?: string;
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  readonly extra?: Readonly<Record<string, string>>;
}

export interface Answer {
  /** Names as they are listed, each with its tags. */
  readonly tasks: readonly (readonly [name: string, tags: readonly string[]])[];
  /** What its tasks and handlers say, in the order in which they run. */
  readonly messages: readonly string[];
}

const sites = path.join(import.meta.dirname, 'sites');

/** What a site is asked with beside the question without options. */
const options: Readonly<Record<string, readonly Omit<Question, 'folder'>[]>> = {
  tags: [
    {},
    ...['pre', 'web', 'db', 'dependency', 'own', 'inner', 'deep', 'block', 'imported', 'extra', 'deeper', 'two', 'play']
      .concat('debugging', 'never', 'tagged', 'untagged', 'all')
      .map((tag) => ({ tags: [tag] })),
    { tags: ['block'], skipTags: ['deep'] },
    { tags: ['untagged', 'web'] },
    { skipTags: ['always'] },
    { skipTags: ['tagged'] },
    { skipTags: ['untagged'] },
    { skipTags: ['play'] },
    { skipTags: ['all'] },
    { skipTags: ['own', 'extra'] },
  ],
  precedence: [{ inventory: 'hosts.yml' }, { inventory: 'hosts.yml', extra: { parameter: 'extra', inner: 'extra' } }],
  paths: [{ extra: { role_by_name: 'plain', file_by_name: 'other/from-the-playbook' } }],
};

export interface Case {
  readonly name: string;
  readonly questions: readonly Question[];
  /** Where Ansible's answers are stored. */
  readonly file: string;
  readonly answers: readonly Answer[];
}

export const cases: readonly Case[] = readdirSync(sites)
  .sort()
  .map((name) => {
    const folder = path.join(sites, name);
    const file = path.join(folder, 'answers.json');
    return {
      name,
      questions: (options[name] ?? [{}]).map((more) => ({ folder, ...more })),
      file,
      answers: existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Answer[]) : [],
    };
  });

/** The options of a question as they are typed. */
export const describeQuestion = ({ tags, skipTags, extra }: Question): string =>
  [
    ...(tags ? [`-t ${tags.join(',')}`] : []),
    ...(skipTags ? [`--skip-tags ${skipTags.join(',')}`] : []),
    ...Object.entries(extra ?? {}).map(([name, value]) => `-e ${name}=${value}`),
  ].join(' ');
