/** What the command line said, as the commands take it. */
export interface InventoryOptions {
  readonly inventory?: readonly string[];
  readonly extraVars?: readonly string[];
  readonly limit?: string;
}

export interface ConnectOptions {
  readonly user?: string;
  readonly askBecomePass?: boolean;
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

export interface RunCommandOptions extends SiteOptions, ConnectOptions {
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly output?: OutputFlag;
  readonly expectNoChanges?: boolean;
  readonly failOnPending?: boolean;
  readonly prune?: boolean;
  readonly detailedExitcode?: boolean;
  readonly listHosts?: boolean;
  readonly listTasks?: boolean;
  readonly listTags?: boolean;
}
