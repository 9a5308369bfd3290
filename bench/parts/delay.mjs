import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { contenders, writeTargets } from '../contenders.mjs';
import { measure, medians } from '../measure.mjs';

const proxy = fileURLToPath(new URL('proxy.mjs', import.meta.url));
const roundTripMs = 20;
const names = ['floor', 'perfplay', 'openssh'];
const counts = [1, 50];
const distances = [
  { name: 'near', delayMs: 0, port: 3222 },
  { name: 'far', delayMs: roundTripMs / 2, port: 3223 },
];

/**
 * Puts the hosts at another port, so far away. `targets`: what tells clients. `trips`: of the connections that have ended since it was
 * asked last. `stop` ends it.
 */
const startProxy = async (fleet, hosts, { name, delayMs, port }) => {
  const args = [delayMs, port, hosts[0].port, ...hosts.map(({ address }) => address)].map(String);
  const child = spawn(process.execPath, [proxy, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  const ended = once(child, 'exit');
  const first = await Promise.race([once(lines, 'line'), ended]);
  if (first[0] !== 'ready') throw new Error(`the proxy for port ${port} ended`);
  let trips = [];
  lines.on('line', (line) => trips.push(Number(line.split(' ')[1])));
  return {
    targets: writeTargets(
      fleet,
      `${name}-${hosts.length}`,
      hosts.map(({ address }) => ({ address, port })),
    ),
    trips: () => {
      const ended = trips;
      trips = [];
      return ended;
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
};

/** One contender through one proxy, everything changing and then nothing: `{wall, trips}` of each; trips of the host that took most. */
const runBoth = async (fleet, hosts, contender, proxied) => {
  const result = {};
  fleet.reset(hosts);
  for (const scenario of ['change', 'same']) {
    const { wall } = await measure(contender.command(proxied.targets));
    // The last bytes of the connections are still on their way.
    await fleet.cpu();
    await sleep(5 * roundTripMs);
    fleet.check(hosts);
    result[scenario] = { wall, trips: Math.max(...proxied.trips()) };
  }
  return result;
};

/** Each contender at each distance, so many times: `{scenario, contender, figures}` of each run. */
const runRounds = async (fleet, hosts, proxies, { rounds, say }) => {
  const measured = [];
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders.filter(({ name }) => names.includes(name))) {
      const [nearProxy, farProxy] = proxies;
      const near = await runBoth(fleet, hosts, contender, nearProxy);
      const far = await runBoth(fleet, hosts, contender, farProxy);
      for (const scenario of ['same', 'change']) {
        const figures = { near: near[scenario].wall, far: far[scenario].wall, trips: far[scenario].trips };
        measured.push({ scenario, contender: contender.name, figures });
      }
      say(`${hosts.length} hosts 20 ms away, round ${round + 1}, ${contender.name}: ${far.same.wall.toFixed(2)} s`);
    }
  }
  return measured;
};

/**
 * What a network of 20 ms makes of a run: rows `{count, scenario, contender, near, far, trips, explained}`: median seconds with and
 * without the delay, both through a proxy; the round trips of a host, counted; and how many would explain the difference in time.
 */
export const runDelay = async (fleet, { rounds, say }) => {
  const rows = [];
  for (const count of counts.filter((one) => one <= fleet.hosts.length)) {
    const hosts = fleet.hosts.slice(0, count);
    const proxies = await Promise.all(distances.map((distance) => startProxy(fleet, hosts, distance)));
    try {
      const measured = await runRounds(fleet, hosts, proxies, { rounds, say });
      for (const scenario of ['same', 'change']) {
        for (const contender of names) {
          const own = measured.filter((one) => one.scenario === scenario && one.contender === contender);
          const { near, far, trips } = medians(own.map(({ figures }) => figures));
          rows.push({ count, scenario, contender, near, far, trips, explained: ((far - near) * 1000) / roundTripMs });
        }
      }
    } finally {
      await Promise.all(proxies.map((proxied) => proxied.stop()));
    }
  }
  return rows;
};
