// `npm test`: works on a fresh clone. Installs what package-lock.json names, builds, runs every suite, and ends with `N passed, N failed`.
// Further arguments go to vitest: `npm test -- test/inventory -t ranges`.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const say = (line) => process.stdout.write(`${line}\n`);

const changed = (name) => statSync(path.join(root, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
const step = (program, args) => spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status === 0;

/** npm writes node_modules/.package-lock.json when an installation is complete. */
const installed = () => changed('node_modules/.package-lock.json') >= changed('package-lock.json');
const prepare = () => {
  if (!installed() && !step('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'])) return 'npm ci failed';
  if (!step(process.execPath, ['src/build.mjs'])) return 'src/build.mjs failed';
  return undefined;
};

/** A test says why it is skipped by `skip(reason)`, a suite by `(skipped: reason)` in its name. */
const reasonOf = (test) => test.result().note ?? /\(skipped: (.*?)\)(?: >|$)/.exec(test.fullName)?.[1];

const runTests = async () => {
  const { parseCLI, startVitest } = await import('vitest/node');
  process.chdir(root);
  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
  const vitest = await startVitest('test', filter, options);
  const modules = vitest.state.getTestModules();
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (state) => tests.filter((test) => test.result().state === state);
  // What fails outside of a test fails the run as well: a file that does not load, a hook, a rejection that nobody awaits.
  const broken = modules.flatMap((module) => [
    ...module.errors(),
    ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
  ]);
  const failed = inState('failed').length + broken.length + vitest.state.getUnhandledErrors().length;
  // With -t, a test of another name is skipped without a reason, and is no news.
  const skipped = inState('skipped').filter((test) => reasonOf(test) || !options.testNamePattern);
  for (const test of skipped) {
    say(`SKIPPED ${test.module.relativeModuleId} > ${test.fullName}: ${reasonOf(test) ?? 'no reason given'}`);
  }
  if (tests.length === 0) say('No test was found.');
  return { passed: inState('passed').length, failed, skipped: skipped.length, ran: tests.length > 0 };
};

const nothing = { passed: 0, failed: 1, skipped: 0, ran: false };
const problem = prepare();
if (problem) say(problem);
const { passed, failed, skipped, ran } = problem
  ? nothing
  : await runTests().catch((error) => {
      say(error.stack ?? String(error));
      return nothing;
    });
say(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || !ran ? 1 : 0;
