import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';

/** Host key algorithms by the type of key they use, best first. No SHA-1. */
const hostKeyAlgorithms: readonly (readonly [keyType: string, algorithms: readonly ServerHostKeyAlgorithm[]])[] = [
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
];

/**
 * What a connection offers: AES-GCM first, nothing with SHA-1. P-256 goes before curve25519, which is as strong, as OpenSSH has that in
 * plain C, and P-256 from OpenSSL in assembly; a host that rules it out takes the next. `keyTypes`: the types of the host's known keys,
 * which go first, so that a server with several keys shows the one that can be checked.
 */
export const algorithms = (keyTypes: ReadonlySet<string>): Algorithms => {
  const known = hostKeyAlgorithms.filter(([type]) => keyTypes.has(type));
  const others = hostKeyAlgorithms.filter(([type]) => !keyTypes.has(type));
  return {
    kex: [
      'ecdh-sha2-nistp256',
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group-exchange-sha256',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group18-sha512',
      'diffie-hellman-group14-sha256',
    ],
    serverHostKey: [...known, ...others].flatMap(([, names]) => names),
    cipher: [
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'chacha20-poly1305@openssh.com',
      'aes128-ctr',
      'aes192-ctr',
      'aes256-ctr',
    ],
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
    compress: ['none'],
  };
};
