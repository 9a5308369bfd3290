/** Passwords that stand in for what an inventory does not say. */
export interface Passwords {
  /** For logging in. */
  readonly login?: string;
  /** For sudo. */
  readonly become?: string;
}

/** The passwords of an environment, which then holds them no more; an empty one counts as unset. */
export const takePasswords = (environment: NodeJS.ProcessEnv): Passwords => {
  const take = (name: string): string | undefined => {
    const password = environment[name];
    delete environment[name];
    return password === '' ? undefined : password;
  };
  const [login, become] = [take('PERFPLAY_PASSWORD'), take('PERFPLAY_BECOME_PASSWORD')];
  return { ...(login !== undefined && { login }), ...(become !== undefined && { become }) };
};

/** Taken when the program is loaded: no program that it starts inherits them. */
export const environmentPasswords = takePasswords(process.env);
