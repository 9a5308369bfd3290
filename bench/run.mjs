// `node bench/run.mjs`, after a build, as root: what perfplay costs beside its peers and beside the least that is possible.
// `--keep` puts the results into RESULTS.md; `--help` tells the rest. Ends with 1 where a run fails or leaves a host other than it should be.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { contenders } from './contenders.mjs';
import { startFleet } from './fleet/fleet.mjs';
import { runDelay } from './parts/delay.mjs';
import { runHosts } from './parts/hosts.mjs';
import { runStart } from './parts/start.mjs';
import { traceAsk } from './parts/target.mjs';
import { runThousand } from './parts/thousand.mjs';
import { keep, report } from './results.mjs';

const help = `node bench/run.mjs [options]
  --hosts 1,10,50,100,200   how many hosts
  --rounds 3                runs of each contender; the median counts
  --slow-rounds 1           runs of the slow ones (Ansible)
  --contenders a,b          of ${contenders.map(({ name }) => name).join(', ')}
  --parts a,b               of hosts, delay, thousand, start, target
  --keep                    put the results into bench/RESULTS.md
`;

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1,10,50,100,200' },
    rounds: { type: 'string', default: '3' },
    'slow-rounds': { type: 'string', default: '1' },
    contenders: { type: 'string', default: contenders.map(({ name }) => name).join(',') },
    parts: { type: 'string', default: 'hosts,delay,thousand,start,target' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** The sums of the floor's files. Throws where one is not what was frozen: a slower floor would flatter. */
const frozenSums = () => {
  const sums = readFileSync(new URL('floor/sha256', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  return sums.map((line) => {
    const [sum, name] = line.split('  ');
    const now = createHash('sha256')
      .update(readFileSync(new URL(`floor/${name}`, import.meta.url)))
      .digest('hex');
    if (now !== sum) throw new Error(`floor/${name} is not the file that was frozen: its sum is ${now}, not ${sum}`);
    return [sum, name];
  });
};

const say = (line) => process.stderr.write(`${line}\n`);

// Ctrl-C ends the program that is being measured, and its failure ends the run: the hosts are always taken down in order.
process.on('SIGINT', () => say('interrupted'));

const measureAll = async () => {
  const parts = values.parts.split(',');
  const counts = values.hosts.split(',').map(Number);
  const rounds = Number(values.rounds);
  const figures = {};
  if (parts.includes('start')) figures.start = runStart();
  if (parts.includes('target')) figures.target = await traceAsk();
  if (!['hosts', 'delay', 'thousand'].some((part) => parts.includes(part))) return figures;
  const fleet = await startFleet(Math.max(...counts));
  try {
    if (parts.includes('hosts')) {
      const names = values.contenders.split(',');
      figures.hosts = await runHosts(fleet, { counts, names, rounds, slowRounds: Number(values['slow-rounds']), say });
    }
    if (parts.includes('delay')) figures.delay = await runDelay(fleet, { rounds, say });
    if (parts.includes('thousand')) figures.thousand = await runThousand(fleet, { say });
  } finally {
    await fleet.stop();
  }
  return figures;
};

if (values.help) process.stdout.write(help);
else {
  for (const { name, problem } of contenders) if (problem) say(`WITHOUT ${name}: ${problem}`);
  const sums = frozenSums();
  const text = report(await measureAll(), { sums });
  process.stdout.write(`${text}\n`);
  if (values.keep) keep(text);
}
