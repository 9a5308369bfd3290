import { contenders, writeTargets } from '../contenders.mjs';
import { measure } from '../measure.mjs';

const connections = 1000;

/** A thousand hosts by name, which take turns on the fleet's, with nothing to change: rows `{contender, wall, cpu, memory}`. */
export const runThousand = async (fleet, { say }) => {
  const [floor, perfplay] = ['floor', 'perfplay'].map((name) => contenders.find((one) => one.name === name));
  const targets = writeTargets(fleet, 'thousand', fleet.hosts, connections);
  fleet.reset(fleet.hosts);
  await measure(floor.command(writeTargets(fleet, 'all', fleet.hosts)));
  const rows = [];
  for (const contender of [floor, perfplay]) {
    const figures = await measure(contender.command(targets));
    fleet.check(fleet.hosts);
    rows.push({ contender: contender.name, ...figures });
    say(`${connections} connections, ${contender.name}: ${figures.wall.toFixed(1)} s, ${figures.memory.toFixed(0)} MB`);
  }
  return rows;
};
