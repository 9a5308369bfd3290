// A network that is so far away: `proxy.mjs DELAY_MS PORT FROM_PORT ADDRESS...` listens on PORT of each address and passes everything on
// to FROM_PORT, each byte DELAY_MS later. As the SYN and its answer would, the first bytes travel a whole round longer.
// Says `ready` once it listens, and `trips N` when a connection has ended: the longest chain in which either side spoke after it had heard
// the other, the TCP handshake being the first link. Ends with its standard input.
import net from 'node:net';
import process from 'node:process';

const [delay, port, fromPort] = process.argv.slice(2, 5).map(Number);
const addresses = process.argv.slice(5);

/** Does things in their order, each when it is due; timers are as much as a millisecond late, so the rest of the way is gone in steps. */
const createLine = () => {
  const waiting = [];
  const step = () => {
    while (waiting.length > 0 && waiting[0].due <= performance.now()) waiting.shift().action();
    if (waiting.length > 0) wait();
  };
  const wait = () => {
    const left = waiting[0].due - performance.now();
    if (left > 2) setTimeout(step, left - 1);
    else setImmediate(step);
  };
  return (ms, action) => {
    waiting.push({ due: Math.max(performance.now() + ms, waiting.at(-1)?.due ?? 0), action });
    if (waiting.length === 1) wait();
  };
};

const accept = (address) => (near) => {
  const far = new net.Socket();
  const born = performance.now();
  const there = createLine();
  const back = createLine();
  let heardByClient = 1;
  let heardByServer = 2;
  // The client's first bytes leave when the answer to its SYN has come; the server accepts when those of the handshake have.
  there(3 * delay, () => far.connect(fromPort, address));
  const late = () => delay + Math.max(0, 2 * delay - (performance.now() - born));

  near.on('data', (bytes) => {
    const depth = heardByClient + 1;
    there(late(), () => {
      heardByServer = Math.max(heardByServer, depth);
      if (far.writable) far.write(bytes);
    });
  });
  far.on('data', (bytes) => {
    const depth = heardByServer;
    back(delay, () => {
      heardByClient = Math.max(heardByClient, depth);
      if (near.writable) near.write(bytes);
    });
  });
  near.on('end', () => there(late(), () => far.end()));
  far.on('end', () => back(delay, () => near.end()));
  near.on('close', () => process.stdout.write(`trips ${heardByClient}\n`));
  for (const [one, other] of [
    [near, far],
    [far, near],
  ]) {
    one.setNoDelay(true);
    one.on('error', () => other.destroy());
  }
};

await Promise.all(
  addresses.map(
    (address) => new Promise((resolve) => net.createServer(accept(address)).listen(port, address, 1000, resolve)),
  ),
);
process.stdout.write('ready\n');
process.stdin.on('end', () => process.exit()).resume();
