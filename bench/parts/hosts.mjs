import { contenders, writeTargets } from '../contenders.mjs';
import { measure, medians } from '../measure.mjs';

/** With more hosts the slow contenders take too long. */
const mostForSlow = 50;

/** Runs one contender once and looks at every host then: `change` begins with hosts that nobody has changed. */
const runOnce = async (fleet, hosts, contender, targets, scenario) => {
  if (scenario === 'change') fleet.reset(hosts);
  const before = scenario === 'same' && fleet.touched(hosts);
  const command = contender.command(targets);
  const serverBefore = await fleet.cpu();
  const figures = await measure(command);
  const server = (await fleet.cpu()) - serverBefore;
  fleet.check(hosts);
  if (before !== false && before !== fleet.touched(hosts))
    throw new Error(`${contender.name} has written to a host where nothing was to be changed`);
  return { ...figures, server };
};

/**
 * Each contender with each number of hosts, everything changing and then nothing, one after the other and in another order each round:
 * rows of medians `{count, scenario, contender, rounds, wall, cpu, memory, server}`.
 */
export const runHosts = async (fleet, { counts, names, rounds, slowRounds, say }) => {
  const rows = [];
  for (const count of counts) {
    const hosts = fleet.hosts.slice(0, count);
    const targets = writeTargets(fleet, `hosts-${count}`, hosts);
    const here = contenders.filter(
      ({ name, isSlow, problem }) => names.includes(name) && !problem && !(isSlow && count > mostForSlow),
    );
    const measured = new Map();
    for (let round = 0; round < Math.max(rounds, slowRounds); round++) {
      const taking = here.filter(({ isSlow }) => round < (isSlow ? slowRounds : rounds));
      const order = taking.map((_, index) => taking[(index + round) % taking.length]);
      for (const contender of order) {
        for (const scenario of ['change', 'same']) {
          const figures = await runOnce(fleet, hosts, contender, targets, scenario);
          const key = `${contender.name} ${scenario}`;
          measured.set(key, [...(measured.get(key) ?? []), figures]);
          say(`${count} hosts, round ${round + 1}, ${key}: ${figures.wall.toFixed(2)} s`);
        }
      }
    }
    for (const scenario of ['same', 'change']) {
      for (const { name } of here) {
        const all = measured.get(`${name} ${scenario}`);
        rows.push({ count, scenario, contender: name, rounds: all.length, ...medians(all) });
      }
    }
  }
  return rows;
};
