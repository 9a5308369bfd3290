import { setFlagsFromString } from 'node:v8';

/** How V8 runs perfplay. Bytecode is taken only where the flags are those that it was made by, so they are set before anything is compiled. */
export const setV8Flags = () => {
  // V8 optimizes what has run for a while; in a run of seconds that costs more than it gains. So only what is truly hot: the default
  // is 67,584 bytes of code run.
  setFlagsFromString('--interrupt-budget=1000000');
  // What a host leaves behind is collected before the heap is 2.5 times what is in use; by itself V8 lets it become four times that.
  setFlagsFromString('--heap-growing-percent=150');
};
