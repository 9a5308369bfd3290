import path from 'node:path';

/** Where the embedded lab keeps its hosts, keys and known_hosts: below the working directory, as inventories/lab.yml names them. */
export const labHome = path.join('.perfplay', 'lab');
