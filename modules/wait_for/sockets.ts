/** The kernel's numbers of TCP states. Rule: include/net/tcp_states.h. */
const listening = '0A';
const gone = new Set(['07', listening]);

/** States of the sockets with this local port. Rule: Documentation/networking/proc_net_tcp.rst: `sl local_address rem_address st`. */
const statesOf = (table: string, port: number): readonly string[] => {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      return local?.split(':')[1] === wanted && state !== undefined ? [state] : [];
    });
};

/** Whether somebody listens on a port, by a text of /proc/net/tcp or tcp6. */
export const isListening = (table: string, port: number): boolean => statesOf(table, port).includes(listening);

/** Whether a connection of a port is left, those in TIME_WAIT included. */
export const isBusy = (table: string, port: number): boolean => statesOf(table, port).some((state) => !gone.has(state));
