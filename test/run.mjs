// `npm test`: works on a fresh clone. Installs what package-lock.json names, builds, runs every suite, and ends with `N passed, N failed`.
// `--faults` adds the suites of injected faults in their short form (test/faults), `--guests` those that boot real guests (test/vm). Further arguments go to vitest: `npm test -- test/inventory -t ranges`.
import process from 'node:process';
import { root, setUp } from '../src/setup.mjs';

const say = (line) => process.stdout.write(`${line}\n`);

/** A test says why it is skipped by `skip(reason)`, a suite by `(skipped: reason)` in its name. */
const reasonOf = (test) => test.result().note ?? /\(skipped: (.*?)\)(?: >|$)/.exec(test.fullName)?.[1];

/** The suites of a configuration; undefined: those of this folder. */
const runSuites = async (words, config) => {
  const { parseCLI, startVitest } = await import('vitest/node');
  process.chdir(root);
  const { filter, options } = parseCLI(['vitest', 'run', ...words]);
  const vitest = await startVitest('test', filter, { ...options, ...(config && { config }) });
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
  await vitest.close();
  return { passed: inState('passed').length, failed, skipped: skipped.length, ran: tests.length > 0 };
};

const further = { '--faults': 'test/faults/vitest.config.ts', '--guests': 'test/vm/vitest.config.ts' };

const runTests = async () => {
  const given = process.argv.slice(2);
  const all = [await runSuites(given.filter((word) => !(word in further)))];
  process.env.PERFPLAY_FAULTS ??= 'short';
  for (const [word, config] of Object.entries(further)) if (given.includes(word)) all.push(await runSuites([], config));
  const sum = (count) => all.reduce((total, suites) => total + count(suites), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
    ran: all.every(({ ran }) => ran),
  };
};

const nothing = { passed: 0, failed: 1, skipped: 0, ran: false };
const problem = setUp();
if (problem) say(problem);
const { passed, failed, skipped, ran } = problem
  ? nothing
  : await runTests().catch((error) => {
      say(error.stack ?? String(error));
      return nothing;
    });
say(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
// A worker that died must not keep the run from ending.
process.exit(failed > 0 || !ran ? 1 : 0);
