/** Digits and what is between them, in turns. */
const pieces = (text: string): readonly string[] => text.split(/(\d+)/);

/**
 * The order in which people expect names: kvm2 before kvm10, by the numbers in them and else by code units. Negative where left comes
 * first. Written out, as the collator of ICU takes as long to load as a host to answer.
 */
export const naturally = (left: string, right: string): number => {
  const [ours, theirs] = [pieces(left), pieces(right)];
  for (let index = 0; index < Math.min(ours.length, theirs.length); index++) {
    const [our, their] = [ours[index]!, theirs[index]!];
    // Every second piece is digits; as many of them as there are, so that none is too large.
    const [ourDigits, theirDigits] = [our.replace(/^0+/, ''), their.replace(/^0+/, '')];
    if (index % 2 === 1 && ourDigits.length !== theirDigits.length) return ourDigits.length - theirDigits.length;
    const [first, second] = index % 2 === 1 ? [ourDigits, theirDigits] : [our, their];
    if (first !== second) return first < second ? -1 : 1;
  }
  return ours.length - theirs.length || (left < right ? -1 : Number(left > right));
};
