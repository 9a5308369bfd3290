/** What Ctrl-C says while hosts are at work: the first lets them come to an end, the second does not wait. */
export const interruptText = 'interrupted: hosts finish what they are doing; Ctrl-C again stops at once';
