import { Command, InvalidArgumentError, Option } from 'commander';
import { version } from '../../package.json';
import { answer, decide, hold } from './decide';
import { applyFiles, validateFiles } from './documents';
import { watchRun } from './follow';
import { intervene, retryTask } from './intervene';
import { showLogs } from './logs';
import { restoreRun } from './restore';
import { abortRun, extendRun, rerunRun, resumeRun } from './resume';
import { listRuns } from './runs';
import type { GlobalOptions, Session } from './session';
import { showRun } from './showRun';
import { startRun } from './start';
import { compareRuns, showGraph } from './views';

/** The commands, and what they take. */
export function createProgram(): Command {
  const program = new Command('slipway')
    .description('Watches, resumes and restores runs of a Slipway server, over its GraphQL API.')
    .version(version)
    .option('--url <url>', 'the server (SLIPWAY_URL; http://127.0.0.1:4000)')
    .option('--key <key>', 'an API key (SLIPWAY_API_KEY, which other users of the machine can’t see)')
    .option('--json', 'for scripts: only JSON on standard output')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(slipway --help, slipway COMMAND --help)')
    .exitOverride();
  program.addHelpText('after', `\n${ABOUT_RUNS}\n${ABOUT_CODES}`);

  program
    .command('runs')
    .description('list runs, the newest first')
    .option('-a, --application <name>', 'only of this application')
    .option('-s, --status <status...>', 'only with one of these statuses, such as FAILED')
    .option('-r, --resumable', 'only those that can be resumed')
    .option('-n, --limit <number>', 'how many at most, 1 to 500', limit, 20)
    .action(async (_options, command: Command) => {
      await listRuns(await session(command), command.opts());
    });
  program
    .command('run')
    .description('look at one run')
    .command('show <run>')
    .description('stages, tasks, why it failed, and what can be done next')
    .option('--all', 'also the tasks that succeeded, where there are many')
    .action(async (run: string, { all = false }: { all?: boolean }, command: Command) => {
      await showRun(await session(command), run, all);
    });
  program
    .command('graph <run>')
    .description('its graph, level by level, and where each part stands')
    .action(async (run: string, _options, command: Command) => {
      await showGraph(await session(command), run);
    });
  program
    .command('compare <run> <other>')
    .description('what is different between two runs: definitions, images, inputs, variables, results')
    .action(async (run: string, other: string, _options, command: Command) => {
      await compareRuns(await session(command), run, other);
    });
  program
    .command('watch <run>')
    .description('follow a run until it is final; ends with 0 when it succeeds')
    .action(async (run: string, _options, command: Command) => {
      await watchRun(await session(command), run);
    });
  program
    .command('logs <run> [task]')
    .description('what its commands wrote: of all tasks, or of one')
    .option('-f, --follow', 'also what comes, until the run is final')
    .action(async (run: string, task: string | undefined, options, command: Command) => {
      await showLogs(await session(command), run, task, options);
    });
  acting(program.command('resume <run>').description('go on from where it failed, after a preview'))
    .option('--stage <name>', 'the stage to go on from; else the first one that did not succeed')
    .option('--element <id>', 'an element of that stage, where its name is used more than once')
    .addOption(choice('--parallel-mode <mode>', 'which elements of that stage run again', 'ALL', 'FAILED_ONLY'))
    .addOption(choice('--granularity <what>', 'how much of its workflows runs again', 'STAGE', 'TASK'))
    .addOption(choice('--definition <which>', 'the definition that it goes on with', 'PINNED', 'LATEST'))
    .option('--ask-inputs', 'ask for runtime inputs again, with the earlier answers as defaults')
    .addOption(choice('--execution-mode <mode>', 'how graphs are run', 'SEQUENTIAL', 'PARALLEL', 'WORK_STEALING'))
    .option('--max-parallel <number>', 'how many tasks of a workflow run side by side', positive)
    .option('--var <name=value>', 'of a workflow: another value for what runs again; may be given again', collect, [])
    .option('--rerun-ignored-failures', 'of a workflow: also tasks whose failure was ignored')
    .option('--reevaluate-skipped', 'of a workflow: decide again about tasks that a condition skipped')
    .option('--force', 'with the latest definition, also when what is kept does not fit')
    .option('--dry-run', 'only the preview')
    .action(async (run: string, options, command: Command) => {
      await resumeRun(await session(command), run, options);
    });
  acting(program.command('rerun <run>').description('all of it again, with the same inputs')).action(
    async (run: string, options, command: Command) => {
      await rerunRun(await session(command), run, options);
    },
  );
  acting(program.command('abort <run>').description('end a run; nothing is rolled back')).action(
    async (run: string, options, command: Command) => {
      await abortRun(await session(command), run, options);
    },
  );
  extending(
    acting(program.command('extend <run>').description('more images or other inputs for a run that succeeded')),
  ).action(async (run: string, options, command: Command) => {
    await extendRun(await session(command), run, options);
  });
  program
    .command('restore <run>')
    .description('bring a run, and the environments that it deployed to, back to what they were before it was extended')
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--confirm-conflicts', 'also where other runs have deployed since')
    .option('--debug', 'a log with debug lines')
    .option('--dry-run', 'only the preview')
    .option('--no-follow', 'do not wait for its end')
    .action(async (run: string, options, command: Command) => {
      await restoreRun(await session(command), run, options);
    });
  extending(program.command('start <application> <name>'))
    .description('start a pipeline, or with --workflow a workflow by itself')
    .option('--workflow', 'the name is a workflow’s')
    .option('--notes <text>', 'shown with the run')
    .option('--idempotency-key <key>', 'the same key again answers the run that was started first')
    .option('--no-follow', 'do not wait for its end')
    .action(async (application: string, name: string, options, command: Command) => {
      await startRun(await session(command), application, name, options);
    });
  for (const verb of ['approve', 'reject'] as const) {
    deciding(program.command(`${verb} <run>`))
      .description(`${verb} what the run waits for`)
      .option('--step <name>', 'which approval, where it waits for several')
      .option('-m, --comments <text>', 'shown with the decision')
      .action(async (run: string, options, command: Command) => {
        await decide(await session(command), run, verb === 'approve' ? 'APPROVE' : 'REJECT', options);
      });
  }
  deciding(program.command('retry <run> <task>'))
    .description('try a failed task again, while its workflow still runs; TASK is its name, STEP/NAME or its id')
    .option('--reason <text>', 'shown with the task')
    .action(async (run: string, task: string, options, command: Command) => {
      await retryTask(await session(command), run, task, options);
    });
  deciding(program.command('intervene <run> <action>'))
    .description('decide about a failure that waits for a person: retry, ignore, mark-as-success, fail or abort')
    .option('--at <name>', 'the task or the step, where several wait: its name, STEP/TASK or its id')
    .option('--reason <text>', 'kept with it')
    .action(async (run: string, action: string, options, command: Command) => {
      await intervene(await session(command), run, action, options);
    });
  program
    .command('answer <run>')
    .description('give the values that a run asks for')
    .option('--step <name>', 'which element, where several ask')
    .option('--var <name=value>', 'a value; may be given again; what is left out gets its default', collect, [])
    .action(async (run: string, options, command: Command) => {
      await answer(await session(command), run, options);
    });
  for (const verb of ['pause', 'continue'] as const) {
    program
      .command(`${verb} <run>`)
      .description(
        verb === 'pause' ? 'hold a run: what runs is finished, and nothing new begins' : 'let a paused run go on',
      )
      .option('--reason <text>', 'shown with the run')
      .action(async (run: string, { reason }: { reason?: string }, command: Command) => {
        await hold(await session(command), run, verb, reason);
      });
  }
  program
    .command('apply <file...>')
    .description('create and change what the documents define; - reads standard input')
    .option('--dry-run', 'only say what would be done')
    .option('-a, --application <name>', 'the application of documents that name none')
    .action(async (files: string[], options, command: Command) => {
      await applyFiles(await session(command), files, options);
    });
  program
    .command('validate <file...>')
    .description('find the mistakes in documents, and write nothing')
    .option('-a, --application <name>', 'the application of documents that name none')
    .action(async (files: string[], options, command: Command) => {
      await validateFiles(await session(command), files, options);
    });
  return program;
}

const ABOUT_RUNS = 'RUN is the id of a run, a part of it that no other run’s has, or "latest".';
const ABOUT_CODES =
  'Exit codes: 0 done, 1 it did not end well, 2 usage, 3 refused by the server, 4 server not reached, 5 not confirmed, 130 Ctrl-C.';

/** Loaded when it is needed: the rules of the configuration take longer to load than everything else, and `--help` needs none. */
async function session(command: Command): Promise<Session> {
  const { openSession } = await import('./session.js');
  return openSession(command.optsWithGlobals<GlobalOptions>());
}

const acting = (command: Command): Command =>
  command
    .option('--reason <text>', 'shown with the attempt')
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--no-follow', 'do not wait for its end');

/** What decides and never asks; scripts may say --yes to all commands alike. */
const deciding = (command: Command): Command => command.option('-y, --yes', 'it does not ask; taken for scripts');

const extending = (command: Command): Command =>
  command
    .option('--var <name=value>', 'a value for a variable; may be given again', collect, [])
    .option('--image <service=image>', 'an image to deploy; may be given again', collect, []);

/** Words as the API has them; small letters and hyphens do as well. */
function choice(flags: string, description: string, ...words: readonly string[]): Option {
  return new Option(flags, `${description}: ${words.join(' or ')}`).argParser((given: string) => {
    const word = given.toUpperCase().replaceAll('-', '_');
    if (words.includes(word)) return word;
    throw new InvalidArgumentError(`Allowed are ${words.join(' and ')}.`);
  });
}

function limit(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 500) return number;
  throw new InvalidArgumentError('It must be a whole number, 1 to 500.');
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('It must be a whole number, at least 1.');
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
