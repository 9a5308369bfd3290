import { it } from 'vitest';
import { install } from '../lab-simulated/installed.ts';
import { readdirSync, readFileSync, lstatSync } from 'node:fs';
it('x', async () => {
  for (const n of ['kvm01','rp01','rp02']) {
  let t = Date.now();
  const h = await install(n);
  console.log(n, 'install', Date.now() - t); t = Date.now();
  let c = 0;
  for (const e of readdirSync(h.folder.root, {recursive: true, withFileTypes: true})) { const p = e.parentPath + '/' + e.name; lstatSync(p); if (e.isFile()) readFileSync(p); c++; }
  console.log('image', c, Date.now() - t);
  t = Date.now(); const b = await h.reboot(); console.log('boot', Date.now() - t, b.complaints);
  await h.remove();
  }
});
