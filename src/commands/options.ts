/** What the command line said, as the commands take it. */
export interface InventoryOptions {
  readonly inventory?: readonly string[];
  readonly extraVars?: readonly string[];
  readonly limit?: string;
}

export interface ConnectOptions {
  readonly user?: string;
  readonly askPass?: boolean;
  readonly connectionPasswordFile?: string;
  readonly askBecomePass?: boolean;
  readonly becomePasswordFile?: string;
  readonly forks: number;
  /** Seconds. */
  readonly timeout: number;
}

export interface SiteOptions extends InventoryOptions {
  /** Each as it was given: words with commas between them. */
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  readonly become?: boolean;
  readonly canary?: boolean;
}

export type OutputFlag = 'live' | 'plain' | 'jsonl' | 'json';

/** How something is done on a fleet, and shown. */
export interface ExecuteOptions extends ConnectOptions {
  readonly diff?: boolean;
  readonly output?: OutputFlag;
  readonly expectNoChanges?: boolean;
  readonly failOnPending?: boolean;
  readonly detailedExitcode?: boolean;
  /** Seconds to wait for a host that another run holds. */
  readonly lockTimeout?: number;
}

export interface RunCommandOptions extends SiteOptions, ExecuteOptions {
  readonly check?: boolean;
  readonly prune?: boolean;
  /** The file of `plan -o`. */
  readonly out?: string;
  readonly listHosts?: boolean;
  readonly listTasks?: boolean;
  readonly listTags?: boolean;
}
