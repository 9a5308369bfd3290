/** What is between numbers, and their digits without leading zeros, in turns. */
const pieces = (text: string): readonly string[] => text.split(/0*(\d+)/);

/**
 * The order in which people expect names: kvm2 before kvm10, by the numbers in them and else by code units. Negative where left comes
 * first. Written out, as the collator of ICU takes as long to load as a host to answer.
 */
export const naturally = (left: string, right: string): number => {
  const [ours, theirs] = [pieces(left), pieces(right)];
  for (let index = 0; index < Math.min(ours.length, theirs.length); index++) {
    const [our, their] = [ours[index]!, theirs[index]!];
    if (our === their) continue;
    // The number with more digits is the larger one: none is too large to be compared so.
    return (index % 2 === 1 && our.length - their.length) || (our < their ? -1 : 1);
  }
  return ours.length - theirs.length || (left < right ? -1 : Number(left > right));
};
