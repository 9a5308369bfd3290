import { buildImage } from '../lab/vm/image.ts';
import { vmProblem } from '../lab/vm/need.ts';

/** Before the suites: builds the image where it is not in the cache, and says how far it is. */
export default async (): Promise<void> => {
  if (!vmProblem) await buildImage((line) => process.stderr.write(`${line}\n`));
};
