/** `net/ipv4/conf/eth0.100/x` and `net.ipv4.conf.eth0/100.x` name one key: sysctl.d(5). Gives the path under /proc/sys. */
export const sysctlPath = (key: string): string =>
  /[./]/.exec(key)?.[0] === '/' ? key : key.replaceAll(/[./]/g, (mark) => (mark === '.' ? '/' : '.'));
