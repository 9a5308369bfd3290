import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'vitest';
import { startGuest } from '../lab/vm/guest.ts';
import { buildImage } from '../lab/vm/image.ts';
test('live', { timeout: 7_000_000 }, async () => {
  const guest = await startGuest(await buildImage(), {
    groups: ['kvm', 'brokers'],
    vars: { governor: 'performance', max_cstate: 1, data_disks: ['vdb', 'nvme0n1', 'sd[ab]'], nics: 'en*' },
  });
  writeFileSync('/tmp/vmtry/inv.yml', guest.inventory());
  writeFileSync(
    '/tmp/vmtry/ssh',
    `exec ssh -F none -i ${guest.key} -o UserKnownHostsFile=${guest.knownHosts} -p ${guest.port} root@127.0.0.1 "$@"`,
  );
  writeFileSync('/tmp/vmtry/up', `${guest.bootSeconds} s`);
  while (!existsSync('/tmp/vmtry/stop')) {
    writeFileSync('/tmp/vmtry/serial', guest.serial());
    await sleep(2000);
  }
  const t = Date.now();
  await guest.powerOff();
  process.stderr.write(`power off ${Date.now() - t}\n`);
  await guest.stop();
});
