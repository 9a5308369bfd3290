import { describe, expect, it } from 'vitest';
import { shellTextsBuilt } from './shell-rule.ts';

describe('a text that is made for a shell', () => {
  it.each([
    'spawn(`/bin/sh`, [`-x`, "-c", `rm ${file}`]);',
    "run(['sh', '-c', 'rm ' + file]);",
    "run(['/bin/sh', '-c', script]);",
    "run(['bash', '-lc', [...words].join(' ')]);",
    "run(['sudo', '-u', user, '--', '/bin/sh', '-c', `echo ${ready}; exec /bin/sh`]);",
    "run(['sh', '-c', ...words]);",
    "run(['sh', '-ec', on ? 'a' : b]);",
    "let script = 'x'; run(['sh', '-c', script]);",
    'const script = `x ${y}`; run(["sh", "-c", script]);',
    "import script from './words.ts'; run(['sh', '-c', script]);",
    "import { exec } from 'node:child_process';",
    "import { execSync as run } from 'child_process';",
    "import * as processes from 'node:child_process';",
    "import processes from 'node:child_process';",
    "processes.execSync('ls');",
    "processes['execSync']('ls');",
    "spawn('ls', words, { shell: true });",
    "spawn('ls', words, { cwd, shell: '/bin/bash' });",
    "execFile('ls', words, { shell: wanted });",
    'const options = { shell: true };',
    'client.exec(`cat ${file}`, listener);',
    "client.exec('cat ' + file, { pty: false }, listener);",
    'link.client.exec(command, listener);',
    "client['exec'](command, listener);",
    'client.exec(quoted(argv), listener);',
  ])('is found: %s', (text) => expect(shellTextsBuilt(`\n${text}\n`)).toEqual([expect.stringMatching(/^2: ./)]));

  it.each([
    "run(['sh', '-c', 'rm \"$1\"', 'sh', file]);",
    "run(['/bin/sh', '-c', `cat <$1`, 'sh', file]);",
    "const script = 'exit 3'; run(['sh', '-c', script, name]);",
    "const script = 'exit ' + '3'; run(['sh', '-c', script, name]);",
    "import script from './busy.sh?raw'; run({ argv: ['/bin/sh', '-c', script] });",
    "import { execFile, spawn } from 'node:child_process'; spawn('ls', words, { stdio: 'pipe' });",
    'const [, port] = /:(\\d+)/.exec(address) ?? [];',
    'pattern.exec(`${text}x`);',
    'client.exec(execCommand(argv), listener);',
    'const connection: Connection = { shell: async (become?: Become) => open(become) };',
    "const task = { shell: 'echo $HOME' };",
    "words.includes('-c');",
    'const view = <Box flexDirection="column">{text}</Box>;',
  ])('is not found in: %s', (text) => expect(shellTextsBuilt(text, 'tsx')).toEqual([]));
});
