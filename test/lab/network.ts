import { execa } from 'execa';

/** ip(8) in a batch, in the network namespace of process `pid`; without one, in our own. */
export const ip = async (commands: readonly string[], pid?: number): Promise<void> => {
  const where = pid === undefined ? [] : ['nsenter', '--net', '--target', String(pid)];
  const [program = 'ip', ...args] = [...where, 'ip', '-batch', '-'];
  await execa(program, args, { input: `${commands.join('\n')}\n` });
};

export interface Router {
  readonly pid: number;
  /** The address with this last part. */
  readonly address: (last: number) => string;
  readonly gateway: string;
  readonly stop: () => Promise<void>;
}

/**
 * A namespace that routes a /24 of 198.18.0.0/15 (RFC 2544, for tests) between this machine and the hosts. The machine itself gets one
 * veth interface and one route; both go with the namespace, and the namespace with us: its process ends when our end of its pipe does.
 */
export const startRouter = async (): Promise<Router> => {
  const script = 'echo 1 >/proc/sys/net/ipv4/ip_forward && echo ready && exec cat';
  const holder = execa('unshare', ['--net', 'sh', '-c', script], { stdin: 'pipe', reject: false, buffer: false });
  const pid = holder.pid;
  if (pid === undefined) throw new Error('the router namespace could not be made');
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const stop = async (): Promise<void> => {
    holder.stdin.end();
    await holder;
  };
  // The interface's name is the lock on its subnet: making it fails where another lab has it.
  for (let attempt = 0; attempt < 256; attempt++) {
    const net = (process.pid + attempt) % 256;
    const name = `pplab${net}`;
    const address = (last: number): string => `198.18.${net}.${last}`;
    try {
      await ip([`link add ${name} type veth peer name uplink netns ${pid}`]);
    } catch (error) {
      if (/File exists/.test(String(error))) continue;
      await stop();
      throw error;
    }
    await ip(['link set lo up', `addr add ${address(2)} peer ${address(1)}/32 dev uplink`, 'link set uplink up'], pid);
    await ip([
      `addr add ${address(1)} peer ${address(2)}/32 dev ${name}`,
      `link set ${name} up`,
      `route add ${address(0)}/24 via ${address(2)}`,
    ]);
    return { pid, address, gateway: address(2), stop };
  }
  await stop();
  throw new Error('every lab subnet of 198.18.0.0/16 is in use');
};
