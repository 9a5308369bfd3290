/** The two voices of a command: standard output is data, standard error is talk. */
export interface Print {
  readonly data: (text: string) => void;
  readonly talk: (text: string) => void;
}
