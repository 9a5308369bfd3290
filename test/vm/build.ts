import { within } from '../lab/vm/deadline.ts';
import { buildImage } from '../lab/vm/image.ts';
import { noGuests, vmProblem } from '../lab/vm/need.ts';

/** Seconds in which an image must be built and have booted once: on a slower machine the suites would take hours. */
const limit = 1200;

const say = (line: string): unknown => process.stderr.write(`${line}\n`);

/** Before the suites: builds the image where it is not in the cache, and says how far it is. Where it cannot be built, every suite says why. */
export default async (): Promise<void> => {
  if (vmProblem) return;
  try {
    await within(limit, 'no guest was built and booted', buildImage(say));
  } catch (error) {
    const [why = ''] = String(error instanceof Error ? error.message : error).split('\n');
    say(`no guests: ${why}`);
    process.env[noGuests] = why;
  }
};
