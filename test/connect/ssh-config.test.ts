import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { resolveRoute } from '../../src/connect/destination.ts';
import { parseSshArguments } from '../../src/connect/ssh-arguments.ts';
import { createSshConfigLookup } from '../../src/connect/ssh-config.ts';
import type { ConnectionSettings } from '../../src/inventory/types.ts';
import { temporaryFolder } from './sshd.ts';

const noSsh = spawnSync('ssh', ['-V']).error ? 'there is no ssh: install openssh-client' : undefined;

describe('ssh arguments', () => {
  const options = (...words: readonly string[]) => Object.fromEntries(parseSshArguments(words).options);

  it('understands every form of the known words', () => {
    expect(options('-p', '2222', '-iid', '-J', 'a,b', '-l', 'root', '-o', 'HostName=web1', '-oUser x')).toEqual({
      port: ['2222'],
      identityfile: ['id'],
      proxyjump: ['a,b'],
      user: ['root', 'x'],
      hostname: ['web1'],
    });
    expect(options('-o', 'proxycommand = ssh -W "%h:%p" b')).toEqual({ proxycommand: ['ssh -W "%h:%p" b'] });
    expect(options('-o', 'IdentityFile="a b"')).toEqual({ identityfile: ['a b'] });
    expect(parseSshArguments(['-F', 'none']).configFile).toBe('none');
  });

  it('passes over what has no meaning here', () => {
    expect(options('-o', 'ControlMaster=auto', '-oControlPersist=60s', '-o', 'StrictHostKeyChecking=no')).toEqual({});
  });

  it.each([
    [['-A'], /-A is not understood/],
    [['web1'], /web1 is not understood/],
    [['-o', 'Ciphers=aes128-ctr'], /Ciphers is not understood/],
    [['-o', 'Port'], /not of the form/],
    [['-p'], /needs a value/],
  ])('refuses %j', (words, message) => {
    expect(() => parseSshArguments(words)).toThrow(message);
  });

  it('names the nearest option', () => {
    expect(() => parseSshArguments(['-o', 'ProxyJmp=x'])).toThrow(
      expect.objectContaining({ hint: 'did you mean ProxyJump?' }),
    );
  });
});

const config = `
Host web*
  HostName %h.example
  Port 2200
  User deploy
  IdentityFile ~/.ssh/web
  IdentityFile /keys/%r@%n
  IdentitiesOnly yes
  UserKnownHostsFile ~/known /etc/known
  HostKeyAlias Web
  ConnectTimeout 7
Host db
  ProxyCommand nc -X 5 %h %p
Host far
  ProxyJump first:2201,admin@second
Host second
  HostName 10.0.0.2
  ProxyJump never
  User wrong
Host first
  ProxyJump outer
Host *
  HashKnownHosts yes
`;

const homeWith = (text: string | undefined): string => {
  const home = temporaryFolder();
  mkdirSync(join(home, '.ssh'));
  if (text !== undefined) writeFileSync(join(home, '.ssh/config'), text);
  return home;
};
const routeIn = (home: string, address: string, more: Partial<ConnectionSettings> = {}) => {
  const settings: ConnectionSettings = { connection: 'ssh', address, sshArguments: [], ...more };
  const lookup = createSshConfigLookup(home);
  return resolveRoute(settings, address, { lookup, home, account: userInfo(), agentSocket: '/agent' });
};
const resolveIn = async (...from: Parameters<typeof routeIn>) => (await routeIn(...from)).destination;

/** A PATH in which ssh leaves a mark each time it runs, or is missing. */
const countedSsh = (): { readonly runs: () => number } => {
  const folder = temporaryFolder();
  const real = spawnSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).stdout.trim();
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\necho run >>${join(folder, 'runs')}\nexec ${real} "$@"\n`);
  chmodSync(join(folder, 'ssh'), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  return {
    runs: () => Number(spawnSync('wc', ['-l', join(folder, 'runs')], { encoding: 'utf8' }).stdout.split(' ')[0]),
  };
};
afterEach(() => vi.unstubAllEnvs());

describe.skipIf(noSsh).each(['ssh -G', 'without ssh'])(`ssh_config by %s ${noSsh ?? ''}`, (how) => {
  const resolve = (...from: Parameters<typeof routeIn>) => {
    if (how === 'without ssh') vi.stubEnv('PATH', temporaryFolder());
    return routeIn(...from);
  };
  const destinationOf = async (...from: Parameters<typeof routeIn>) => (await resolve(...from)).destination;

  it('gives every setting of a host', async () => {
    const home = homeWith(config);
    expect(await destinationOf(home, 'web1')).toMatchObject({
      host: 'web1.example',
      port: 2200,
      user: 'deploy',
      identityFiles: [join(home, '.ssh/web'), '/keys/deploy@web1'],
      identitiesOnly: true,
      agentSocket: '/agent',
      hostKeyAlias: 'web',
      timeoutMs: 7000,
    });
    expect((await destinationOf(home, 'web1')).knownHostsFiles.slice(1)).toEqual([
      '/etc/known',
      '/etc/ssh/ssh_known_hosts',
      '/etc/ssh/ssh_known_hosts2',
    ]);
  });

  it('lets the inventory win, its arguments after its variables', async () => {
    const words = ['-p', '1', '-i', '/words', '-o', 'HostName=named'];
    const settings = { port: 9, user: 'root', privateKeyFile: '~/own', knownHostsFile: '/only', sshArguments: words };
    const home = homeWith(config);
    const destination = await destinationOf(home, 'web1', settings);
    expect(destination).toMatchObject({ host: 'named', port: 9, user: 'root' });
    expect(destination.identityFiles?.slice(0, 2)).toEqual([join(home, 'own'), '/words']);
    expect(destination.knownHostsFiles[0]).toBe('/only');
  });

  it('fills in a ProxyCommand', async () => {
    expect(await destinationOf(homeWith(config), 'db', { port: 5 })).toMatchObject({ proxyCommand: 'nc -X 5 db 5' });
  });

  it('lets -J win over a ProxyCommand', async () => {
    const route = await resolve(homeWith(config), 'db', { sshArguments: ['-J', 'x'] });
    expect(route.destination.proxyCommand).toBeUndefined();
    expect(route.way.map(({ host }) => host)).toEqual(['x']);
  });

  it('takes jump hosts from ssh_config: the first may have its own, the later come through it', async () => {
    const { way } = await resolve(homeWith(config), 'far', { user: 'someone', privateKeyFile: '/not/for/hops' });
    expect(way.map(({ host, port }) => [host, port])).toEqual([
      ['outer', 22],
      ['first', 2201],
      ['10.0.0.2', 22],
    ]);
    expect(way[2]!.user).toBe('admin');
    expect(way[1]!.user).not.toBe('someone');
    expect(way.every(({ identityFiles }) => identityFiles === undefined)).toBe(true);
  });

  it('has ssh’s defaults for a host that no file mentions', async () => {
    const home = homeWith(config);
    const destination = await destinationOf(home, 'plain');
    expect(destination).toMatchObject({ host: 'plain', port: 22, identityFiles: undefined, identitiesOnly: false });
    expect(destination.knownHostsFiles[0]).toBe(join(home, '.ssh/known_hosts'));
  });
});

describe.skipIf(noSsh)(`asking ssh ${noSsh ?? ''}`, () => {
  it('asks once for a query, and not at all where no file says anything', async () => {
    const { runs } = countedSsh();
    const lookup = createSshConfigLookup(homeWith(config));
    await Promise.all([lookup({ host: 'web1' }), lookup({ host: 'web1' })]);
    expect(runs()).toBe(1);
    await lookup({ host: 'web1', configFile: 'none' });
    await createSshConfigLookup(homeWith('Host *\n  ForwardAgent yes\n# Port 3\n'))({ host: 'web1' });
    await createSshConfigLookup(homeWith(undefined))({ host: 'web1' });
    expect(runs()).toBe(1);
  });

  it('shows what ssh says of a bad file', async () => {
    await expect(resolveIn(homeWith('Host *\n Port x\n'), 'web1')).rejects.toThrow(/ssh_config: .*line 2/);
  });

  it('understands Match with a program, by ssh', async () => {
    expect(await resolveIn(homeWith('Match host web1 exec true\n Port 77\n'), 'web1')).toMatchObject({ port: 77 });
  });
});

it('does not guess at Match and Include where there is no ssh', async () => {
  vi.stubEnv('PATH', temporaryFolder());
  await expect(resolveIn(homeWith('Match all\n Port 77\n'), 'web1')).rejects.toThrow('no ssh program to ask');
});

it.each([
  [{ sshArguments: ['-F', '/nowhere'] }, /-F\) does not exist/],
  [{ sshArguments: ['-F', 'none', '-p', '70000'] }, /not a port/],
  [{ sshArguments: ['-F', 'none', '-J', 'a:b:c'] }, /not a jump host/],
  [{ sshArguments: ['-F', 'none', '-J', 'a;b'] }, /not a host name/],
  [{ sshArguments: ['-F', 'none', '-o', 'ConnectTimeout=soon'] }, /not a number of seconds/],
  [{ sshArguments: ['-F', 'none', '-o', 'ProxyCommand=x %C'] }, /%C in x %C is not understood/],
  [{ sshArguments: ['-F', 'none'], user: '-x' }, /not a user name/],
])('refuses %j', async (settings, message) => {
  await expect(resolveIn(homeWith(undefined), 'web1', settings)).rejects.toThrow(message);
});

it('takes the agent from IdentityAgent', async () => {
  const agent = async (value: string) =>
    (await resolveIn(homeWith(undefined), 'web1', { sshArguments: ['-o', `IdentityAgent=${value}`] })).agentSocket;
  vi.stubEnv('OTHER_AGENT', '/other');
  expect([await agent('none'), await agent('SSH_AUTH_SOCK'), await agent('$OTHER_AGENT'), await agent('/x')]).toEqual([
    undefined,
    '/agent',
    '/other',
    '/x',
  ]);
});
