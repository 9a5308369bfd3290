// The floor: what any client of its kind must spend. `client.mjs ADDRESSES PORT KEY KNOWN_HOSTS CONCURRENCY`: on each address, one
// connection and one `sh -s` with tasks.sh. One address a line in the file ADDRESSES. Frozen by the sums beside it.
import { readFileSync } from 'node:fs';
import net from 'node:net';
import process from 'node:process';
import ssh2 from 'ssh2';

const [addressesFile, port, keyFile, knownHostsFile, concurrency] = process.argv.slice(2);
const addresses = readFileSync(addressesFile, 'utf8').split('\n').filter(Boolean);
const script = readFileSync(new URL('tasks.sh', import.meta.url));
const key = ssh2.utils.parseKey(readFileSync(keyFile));
const hostKeys = new Map(
  readFileSync(knownHostsFile, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .map(([host, , blob]) => [host, blob]),
);
const algorithms = {
  kex: ['curve25519-sha256'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes128-gcm@openssh.com'],
  compress: ['none'],
};

/** The public key is not offered first, but signed with at once: a round trip less. */
const signAtOnce = (client) => {
  const protocol = client._protocol;
  const original = protocol.authPK.bind(protocol);
  protocol.authPK = (user, parsed, algorithm, sign) =>
    original(user, parsed, algorithm, sign ?? ((data, done) => done(parsed.sign(data))));
};

const visit = (address) =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ host: address, port: Number(port), noDelay: true });
    const client = new ssh2.Client();
    client.on('error', reject);
    client.on('ready', () =>
      client.exec('exec sh -s', (error, stream) => {
        if (error) return reject(error);
        let said = '';
        stream.on('data', (bytes) => (said += bytes));
        stream.stderr.on('data', (bytes) => (said += bytes));
        stream.on('close', (code) => {
          client.end();
          if (code === 0 && said === 'done\n') resolve();
          else reject(new Error(`${address}: exit ${code}: ${said}`));
        });
        stream.end(script);
      }),
    );
    client.connect({
      sock: socket,
      username: 'root',
      algorithms,
      hostVerifier: (blob) => hostKeys.get(`[${address}]:${port}`) === blob.toString('base64'),
      authHandler: [{ type: 'publickey', username: 'root', key }],
    });
    signAtOnce(client);
  });

const waiting = addresses.values();
const worker = async () => {
  for (const address of waiting) await visit(address);
};
await Promise.all(Array.from({ length: Number(concurrency) }, worker));
