import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLab, type Lab } from '../lab/hosts.ts';
import { createSite, type Site } from './perfplay.ts';
import { rack, site as playbook, groupVars, up } from './rack.ts';
import { recorded, forget } from './recorder.ts';
let lab: Lab; let site: Site;
beforeAll(async () => { lab = await startLab(rack); site = createSite(lab); site.write('site.yml', playbook.replace(/    - name: Somebody[^]*?(?=- name: Compute)/,'').replace(/      notify[^]*$/,''));
 for (const [k, v] of Object.entries(groupVars)) site.write(`group_vars/${k}.yml`, v); });
afterAll(async () => { await lab?.stop(); });
test('x', async () => {
  for (const words of [['plan'], ['run'], ['run', '--expect-no-changes']]) {
    for (const h of up) await forget(lab.host(h));
    const t = Date.now();
    const r = await site.perfplay(words[0]!, 'site.yml', ...words.slice(1));
    process.stdout.write(`${words} ${r.exitCode} ${Date.now() - t}\n${r.stdout}\n${r.stderr}\n`);
    for (const h of up) process.stdout.write(h + JSON.stringify(await recorded(lab.host(h)))+'\n');
  }
});
