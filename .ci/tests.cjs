/**
 * Runs `npm test` and prints a summary line. Jest does not exit while a test leaves a server, a timer or a connection open:
 * that is a failure, and must not block this run.
 *
 * Most tests drive processes, and some fail once in many runs. One or two files that failed run once more, alone. If they pass,
 * the run passes, and its last lines name them: each is a fault of the product or of the test that somebody has to find.
 */
const { spawn } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const path = require('node:path');

const folder = process.argv[2];
const patienceMs = 20_000;
const mostRepeated = 2;

async function main() {
  const first = await runTests('first', []);
  const again = first.failedFiles;
  if (first.code === 0 || !first.ended || again.length === 0 || again.length > mostRepeated) process.exit(first.code);
  console.log(`\nRepeated alone, because they failed: ${again.join(', ')}`);
  const second = await runTests('again', ['--runInBand', '--runTestsByPath', ...again]);
  if (second.code !== 0) process.exit(second.code);
  console.log(
    `UNRELIABLE: ${again.join(', ')} failed in the whole run and passed alone. The failure is printed above.`,
  );
  console.log(`Tests: ${first.tests} passed, 0 failed`);
}

/** Runs the tests in a process group of their own, so that a signal reaches npm, jest and its workers, and no other process. */
async function runTests(name, args) {
  const file = path.join(folder, `${name}.json`);
  const all = ['test', '--', '--ci', '--json', `--outputFile=${file}`, ...args];
  const child = spawn('npm', all, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  const end = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has exited already.
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => end(signal));
  let hangs = false;
  const watch = setInterval(() => {
    if (!existsSync(file)) return;
    clearInterval(watch);
    setTimeout(() => {
      hangs = true;
      end('SIGKILL');
    }, patienceMs).unref();
  }, 500);
  const { code, reason } = await new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 1, reason: error.message }));
    child.once('exit', (exitCode, signal) =>
      resolve({ code: exitCode ?? 1, reason: signal ? `ended by ${signal}` : '' }),
    );
  });
  clearInterval(watch);
  return summarized(file, code, reason, hangs);
}

function summarized(file, code, reason, hangs) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    console.log(`npm test left no report: ${reason || `exit code ${code}`}`);
    return { code: code || 1, ended: false, failedFiles: [], tests: 0 };
  }
  // A test file that can't be loaded has no failed test to count.
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const skipped = report.numPendingTests + report.numTodoTests;
  console.log(`Tests: ${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  const ran = report.numPassedTests + failed > 0;
  if (!ran) console.log('No test ran.');
  if (hangs) console.log(`Jest was killed ${patienceMs / 1000} s after its last test: a test leaves something open.`);
  const failedFiles = report.testResults
    .filter(({ status }) => status === 'failed')
    .map(({ name }) => path.relative(process.cwd(), name));
  return {
    code: code || (ran && failed === 0 && report.success ? 0 : 1),
    ended: !hangs,
    failedFiles,
    tests: report.numPassedTests + failed,
  };
}

void main();
