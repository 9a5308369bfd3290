import { execa } from 'execa';

/** ip(8) in a batch, in the network namespace of process `pid`; without one, in our own. */
export const ip = async (commands: readonly string[], pid?: number): Promise<void> => {
  const input = `${commands.join('\n')}\n`;
  if (pid === undefined) await execa('ip', ['-batch', '-'], { input });
  else await execa('nsenter', ['--net', '--target', String(pid), 'ip', '-batch', '-'], { input });
};

export interface Router {
  readonly pid: number;
  /** The address with this last part. */
  readonly address: (last: number) => string;
  readonly gateway: string;
  readonly stop: () => Promise<void>;
}

/** The interface's name is the lock on its subnet: making it fails where another lab has it. The third part of the address. */
const claimSubnet = async (pid: number): Promise<number> => {
  for (let attempt = 0; attempt < 256; attempt++) {
    const net = (process.pid + attempt) % 256;
    try {
      await ip([`link add pplab${net} type veth peer name uplink netns ${pid}`]);
      return net;
    } catch (error) {
      if (!String(error).includes('File exists')) throw error;
    }
  }
  throw new Error('every lab subnet of 198.18.0.0/16 is in use');
};

/**
 * A namespace that routes a /24 of 198.18.0.0/15 (RFC 2544, for tests) between this machine and the hosts. The machine itself gets one
 * veth interface and one route; both go with the namespace, and the namespace with us: its process ends when our end of its pipe does.
 */
export const startRouter = async (): Promise<Router> => {
  const script = 'echo 1 >/proc/sys/net/ipv4/ip_forward && echo ready && exec cat';
  const holder = execa('unshare', ['--net', 'sh', '-c', script], { stdin: 'pipe', reject: false });
  const ready = new Promise<void>((resolve) => holder.stdout.once('data', () => resolve()));
  const ended = await Promise.race([ready, holder]);
  if (ended || holder.pid === undefined) throw new Error(`the lab's router did not start: ${ended?.stderr}`);
  const pid = holder.pid;
  const stop = async (): Promise<void> => {
    holder.stdin.end();
    await holder;
  };
  try {
    const net = await claimSubnet(pid);
    const address = (last: number): string => `198.18.${net}.${last}`;
    await ip(['link set lo up', `addr add ${address(2)} peer ${address(1)}/32 dev uplink`, 'link set uplink up'], pid);
    const route = `route add ${address(0)}/24 via ${address(2)}`;
    await ip([`addr add ${address(1)} peer ${address(2)}/32 dev pplab${net}`, `link set pplab${net} up`, route]);
    return { pid, address, gateway: address(2), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
