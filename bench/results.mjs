import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';
import { contenders } from './contenders.mjs';
import { goalsOf } from './goals.mjs';

const file = new URL('RESULTS.md', import.meta.url);
const begin = '<!-- figures: made by bench/run.mjs -->';
const end = '<!-- end of figures -->';

const table = (head, rows) => {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
};
const seconds = (number) => (number < 10 ? number.toFixed(2) : number.toFixed(0));
const milliseconds = (number) => (number * 1000).toFixed(number < 0.01 ? 1 : 0);
const textOf = (name) => contenders.find((contender) => contender.name === name).text;

/** The first number with dots in what a program says of itself. */
const version = (...argv) => {
  try {
    return /\d+\.\d+[\w.]*/.exec(execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', ...argv], { encoding: 'utf8' }))[0];
  } catch {
    return 'none';
  }
};

const machine = () =>
  [
    `${os.cpus().length} cores (${os.cpus()[0].model}), ${Math.round(os.totalmem() / 2 ** 30)} GiB, shared by clients and hosts`,
    `Linux ${/^[\d.]+/.exec(os.release())[0]}, Node ${process.version.slice(1)}, OpenSSH ${version('ssh', '-V')}`,
    `ansible-core ${version('ansible', '--version')}`,
  ].join('; ');

const hostsSection = (rows) => {
  const floorOf = ({ count, scenario }) =>
    rows.find((row) => row.contender === 'floor' && row.count === count && row.scenario === scenario);
  const section = (scenario, title) => {
    const lines = rows
      .filter((row) => row.scenario === scenario)
      .map((row) => {
        const floor = floorOf(row);
        const ratio = (figure) => (floor ? `${(row[figure] / floor[figure]).toFixed(2)}` : '-');
        return [
          row.count,
          textOf(row.contender),
          seconds(row.wall),
          ratio('wall'),
          milliseconds(row.cpu / row.count),
          ratio('cpu'),
          milliseconds(row.server / row.count),
          row.memory.toFixed(0),
          row.rounds,
        ];
      });
    const head = [
      'hosts',
      'contender',
      'wall s',
      '÷ floor',
      'client CPU ms a host',
      '÷ floor',
      'server CPU ms a host',
      'peak MiB',
      'runs',
    ];
    return `### ${title}\n\n${table(head, lines)}`;
  };
  return [
    '## The fleet',
    `Twenty tasks on each host; medians; contenders in turns. Client CPU a host is the whole run's, start-up included, by the number of hosts. Peak MiB: of one process what it had resident, of several what they had together, shared pages once.`,
    section('same', 'Nothing changes'),
    section('change', 'Everything changes'),
  ].join('\n\n');
};

const delaySection = (rows) =>
  [
    '## 20 ms away',
    'Through a proxy that holds every byte for 10 ms, and through the same without. Round trips are counted there: the longest chain in which one side spoke after it had heard the other, the TCP handshake included; beside it what the difference in time says.',
    table(
      ['hosts', 'scenario', 'contender', 'wall s', 'at 0 ms', 'round trips', 'difference / 20 ms'],
      rows.map((row) => [
        row.count,
        row.scenario,
        textOf(row.contender),
        seconds(row.far),
        seconds(row.near),
        row.trips,
        row.count === 1 ? row.explained.toFixed(1) : '',
      ]),
    ),
  ].join('\n\n');

const thousandSection = (rows) =>
  [
    '## 1,000 connections',
    'A thousand names, 100 at a time, nothing to change; every one must succeed.',
    table(
      ['contender', 'wall s', 'client CPU s', 'peak resident MiB'],
      rows.map((row) => [textOf(row.contender), seconds(row.wall), seconds(row.cpu), row.memory.toFixed(0)]),
    ),
  ].join('\n\n');

const startSection = (walls) =>
  [
    '## Start-up',
    table(
      ['call', 'ms, median of ten'],
      Object.entries(walls).map(([call, wall]) => [`\`${call}\``, milliseconds(wall)]),
    ),
  ].join('\n\n');

/** `cat x 2, ls`. */
const counted = (names) =>
  [...new Set(names)]
    .map((name) => [name, names.filter((other) => other === name).length])
    .map(([name, count]) => (count > 1 ? `${name} x ${count}` : name))
    .join(', ');

const targetSection = (rows) =>
  [
    "## The host's side of one ask",
    'The full `playbooks/site.yml`, by strace of the shell on hosts of `test/lab`.',
    table(
      ['host', 'forks', 'programs', 'bytes received', 'bytes sent', 'system calls'],
      rows.map((row) => [row.host, row.forks, counted(row.programs), row.received, row.sent, row.calls]),
    ),
  ].join('\n\n');

const goalsSection = (goals) =>
  [
    '## Goals',
    table(
      ['goal', 'measured', 'met'],
      goals.map(({ goal, measured, isMet }) => [goal, measured, isMet ? 'yes' : '**no**']),
    ),
  ].join('\n\n');

/** The whole report of what was measured, as Markdown. */
export const report = (figures, { sums }) => {
  const missing = contenders
    .filter(({ problem }) => problem)
    .map(({ name, problem }) => `**Without ${name}: this machine ${problem}.**`);
  return [
    machine(),
    ...missing,
    `The floor is frozen:\n\n${sums.map(([sum, name]) => `- \`${name}\` ${sum}`).join('\n')}`,
    goalsSection(goalsOf(figures)),
    figures.hosts && hostsSection(figures.hosts),
    figures.delay && delaySection(figures.delay),
    figures.thousand && thousandSection(figures.thousand),
    figures.start && startSection(figures.start),
    figures.target && targetSection(figures.target),
  ]
    .filter(Boolean)
    .join('\n\n');
};

/** Puts the report between its marks in RESULTS.md; what people wrote around it stays. */
export const keep = (text) => {
  const old = readFileSync(file, 'utf8');
  const [head, tail] = [old.split(begin)[0], old.split(end)[1]];
  writeFileSync(file, `${head}${begin}\n\n${text}\n\n${end}${tail}`);
};
