import type { Channel } from '../../../src/connect/types.ts';

/** How a host is locked: with flock(1), and without. */
export const forms = ['flock', 'link'] as const;

/** `link`: a host without flock(1), whatever its PATH. */
export const withoutFlock = (channel: Channel, form: (typeof forms)[number]): Channel => ({
  ...channel,
  write: (bytes) =>
    channel.write(
      form === 'flock'
        ? bytes
        : Buffer.from(bytes.toString('latin1').replaceAll('command -v flock', 'command -v no-flock'), 'latin1'),
    ),
});
