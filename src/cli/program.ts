// Long because it declares every command with its arguments and options, in the order of the help.
import { Command, InvalidArgumentError, Option } from 'commander';
import { version } from '../../package.json';
import type { GlobalOptions, Session } from './session';
import { addTriggerCommands } from './triggerCommands';
import type { Terminal } from './ui';

/** The commands with their arguments and options. */
export function createProgram(terminal: Terminal): Command {
  // Every command is imported on demand: loading them all would take longer than most of them run, and `--help` needs none.
  const session = async (command: Command): Promise<Session> => {
    const { openSession } = await import('./session.js');
    return openSession(command.optsWithGlobals<GlobalOptions>(), terminal);
  };
  const program = new Command('slipway')
    .description(
      'Watches, resumes and restores runs of a Slipway server through its GraphQL API. Also starts servers and agents.',
    )
    .version(version)
    .option('--url <url>', 'server to use (default: SLIPWAY_URL, or http://127.0.0.1:4000)')
    .option('--key <key>', 'API key (prefer SLIPWAY_API_KEY, which other users of this machine can’t see)')
    .option('--json', 'print only JSON on standard output, for scripts')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    })
    .showHelpAfterError('(slipway --help, slipway COMMAND --help)')
    .exitOverride();
  program.addHelpText('after', `\n${ABOUT_RUNS}\n${ABOUT_CODES}`);

  program
    .command('runs')
    .description('list runs, newest first')
    .argument('[show]', 'not accepted: use "slipway run show RUN" to show one run')
    .argument('[run]')
    .option('-a, --application <name>', 'only runs of this application')
    .option('-s, --status <status...>', 'only runs with one of these statuses, such as FAILED')
    .option('-r, --resumable', 'only runs that can be resumed')
    .option('-t, --tag <name=value...>', 'only runs with all of these tags; NAME alone matches any value')
    .option('-n, --limit <number>', 'maximum number of runs, 1 to 500', limit, 20)
    .action(async (word: string | undefined, run: string | undefined, _options, command: Command) => {
      if (word !== undefined) {
        const { usage } = await import('./failure.js');
        throw usage(
          `"runs" lists runs and does not accept "${word}".`,
          `To see one run: slipway run show ${run ?? (word === 'show' ? 'RUN' : word)}`,
        );
      }
      await (await import('./runs.js')).listRuns(await session(command), command.opts());
    });
  const artifacts = program
    .command('artifacts [name]')
    .description('list files that jobs left, newest first; NAME is a glob such as "**/*.tgz"')
    .option('-a, --application <name>', 'only artifacts of this application')
    .option('--run <run>', 'only artifacts of this run')
    .option('--search <text>', 'only names that contain this text')
    .option('--sha256 <digest>', 'only artifacts with this content')
    .option('--pinned', 'only pinned artifacts')
    .option('--deleted', 'list deleted artifacts instead')
    .option('-n, --limit <number>', 'maximum number of artifacts, 1 to 500', limit, 20)
    .action(async (name: string | undefined, _options, command: Command) => {
      await (await import('./artifacts.js')).listArtifacts(await session(command), name, command.opts());
    });
  artifacts
    .command('download [names...]')
    .description('download artifacts by ID, or with --run the files of a run whose names match the globs')
    .option('--run <run>', 'run that left the files')
    .option('--dir <directory>', 'directory to write to', '.')
    .action(async (names: readonly string[], options, command: Command) => {
      await (await import('./artifacts.js')).downloadArtifacts(await session(command), names, {
        ...options,
        ...command.parent?.opts(),
        ...options,
      });
    });
  artifacts
    .command('pin <id>')
    .description('keep an artifact, regardless of the retention')
    .option('--note <text>', 'reason to show with the pin')
    .action(async (id: string, options, command: Command) => {
      await (await import('./artifacts.js')).pinArtifact(await session(command), id, options);
    });
  artifacts
    .command('unpin <id>')
    .description('leave an artifact to the retention again')
    .action(async (id: string, _options, command: Command) => {
      await (await import('./artifacts.js')).unpinArtifact(await session(command), id);
    });
  artifacts
    .command('delete <id>')
    .description('delete the content of an artifact')
    .option('-y, --yes', 'do not ask for confirmation')
    .action(async (id: string, options, command: Command) => {
      await (await import('./artifacts.js')).deleteArtifact(await session(command), id, options);
    });
  program
    .command('artifact')
    .description('in a job: upload and download files (slipway artifact --help)')
    .allowUnknownOption()
    .argument('[arguments...]')
    .action(async () => {
      const { usage } = await import('./failure.js');
      throw usage(
        '"slipway artifact" works only in a job, where the agent provides it.',
        'To list files: slipway artifacts',
      );
    });
  program
    .command('deployed')
    .description('show the deployed images by environment and service, with their runs, and later failures')
    .option('-a, --application <name>', 'only environments of this application')
    .option('-e, --environment <name>', 'only this environment')
    .option('--history', 'show all deployments, newest first')
    .option('-n, --limit <number>', 'with --history: maximum number of deployments, 1 to 500', limit, 20)
    .action(async (_options, command: Command) => {
      await (await import('./deployed.js')).showDeployed(await session(command), command.opts());
    });
  program
    .command('freezes')
    .description('show which environments are frozen, until when, and when the next freeze begins')
    .option('-a, --application <name>', 'only environments of this application')
    .option('-e, --environment <name>', 'only this environment')
    .action(async (_options, command: Command) => {
      await (await import('./freezes.js')).showFreezes(await session(command), command.opts());
    });
  addTriggerCommands(program, session);
  const templates = program
    .command('templates')
    .description('list templates of workflows and stages, and how many definitions extend them')
    .option('-a, --application <name>', 'only templates of this application')
    .action(async (_options, command: Command) => {
      await (await import('./templates.js')).listTemplates(await session(command), command.opts());
    });
  templates
    .command('show <name>')
    .description('print a template as a document that can be applied again')
    .option('-a, --application <name>', 'application to look the name up in (default: only the account)')
    .option('--users', 'list the definitions that extend it, with the revision that each contains')
    .action(async (name: string, _options, command: Command) => {
      await (await import('./templates.js')).showTemplate(await session(command), name, command.optsWithGlobals());
    });
  templates
    .command('delete <name>')
    .description('delete a template that nothing extends')
    .option('-a, --application <name>', 'application to look the name up in (default: only the account)')
    .option('-y, --yes', 'do not ask for confirmation')
    .action(async (name: string, _options, command: Command) => {
      await (await import('./templates.js')).deleteTemplate(await session(command), name, command.optsWithGlobals());
    });
  const slots = program
    .command('slots')
    .description('show which run deploys to each environment, and the queue behind it')
    .option('-a, --application <name>', 'only environments of this application')
    .option('-e, --environment <name>', 'only this environment')
    .action(async (_options, command: Command) => {
      await (await import('./slots.js')).showSlots(await session(command), command.opts());
    });
  deciding(seeing(slots.command('move <run>')))
    .description('move a run that waits for slots ahead, to the top of its queues; requires ABORT_WORKFLOW')
    .option('--before <run>', 'move it just ahead of this waiting run')
    .option('--reason <text>', 'reason to record on the audit trail')
    .action(async (run: string, options, command: Command) => {
      await (await import('./slots.js')).moveWaiter(await session(command), run, options);
    });
  seeing(slots.command('withdraw <run>'))
    .description('withdraw a run that waits for slots: it ends ABORTED')
    .option('--reason <text>', 'reason to show with the run')
    .option('-y, --yes', 'do not ask for confirmation')
    .action(async (run: string, options, command: Command) => {
      await (await import('./slots.js')).withdrawWaiter(await session(command), run, options);
    });
  program
    .command('export [runs...]')
    .description('write runs with their events and logs to an archive, and download it: gzipped lines of JSON')
    .option('-a, --application <name>', 'runs of this application')
    .option('-s, --status <status>', 'runs in this status (repeatable)', collect)
    .option('--after <time>', 'runs created after this time, such as 2026-03-01T00:00:00Z')
    .option('--before <time>', 'runs created before this time')
    .option('-o, --output <file>', 'file to write (default: executions-ID.ndjson.gz)')
    .action(async (runs: readonly string[], options, command: Command) => {
      await (await import('./exportRuns.js')).exportRuns(await session(command), runs, options);
    });
  const operations = program
    .command('operations')
    .description('list the GraphQL operations that administrators registered; administrators only')
    .action(async (_options, command: Command) => {
      await (await import('./operations.js')).listOperations(await session(command));
    });
  operations
    .command('register <file...>')
    .description('register documents (*.graphql), and the operations of manifests of Apollo or Relay (*.json)')
    .action(async (files: readonly string[], _options, command: Command) => {
      await (await import('./operations.js')).registerOperations(await session(command), files);
    });
  operations
    .command('remove <hash>')
    .description('remove a registered operation: servers that execute registered operations only refuse it then')
    .option('-y, --yes', 'do not ask for confirmation')
    .action(async (hash: string, options, command: Command) => {
      await (await import('./operations.js')).removeOperation(await session(command), hash, options);
    });
  const subscriptions = program
    .command('subscriptions')
    .description(
      'list the subscriptions that deliver events to receivers (webhooks); requires permission to manage them',
    )
    .action(async (_options, command: Command) => {
      await (await import('./subscriptions.js')).showSubscriptions(await session(command));
    });
  subscriptions
    .command('create [url]')
    .description('deliver events to a receiver, and show the secret that signs them')
    .option('--name <name>', 'display name')
    .option('-a, --application <name>', 'only events of this application')
    .addOption(choice('--format <format>', 'format', 'CLOUDEVENTS', 'SLACK', 'TEAMS', 'GITHUB', 'GITLAB'))
    .option('--type <type>', 'type of event, such as EXECUTION_STATUS (repeatable)', collect)
    .option('--status <status>', 'only changes to this status (repeatable)', collect)
    .option('--token-secret <name>', 'secret with the token for GitHub or GitLab')
    .option('--repository <path>', 'repository in which to set statuses, such as acme/shop')
    .option('--commit <expression>', 'commit on which to set statuses, as an expression with variables of the run')
    .action(async (url: string | undefined, _options, command: Command) => {
      await (await import('./subscriptions.js')).createSubscription(
        await session(command),
        url,
        command.optsWithGlobals(),
      );
    });
  subscriptions
    .command('deliveries <id>')
    .description('list deliveries, newest first')
    .option('--state <state>', 'PENDING, DELIVERED, FAILED or SKIPPED (repeatable)', collect)
    .option('-n, --limit <number>', 'maximum number of deliveries, 1 to 500', limit, 20)
    .action(async (id: string, options, command: Command) => {
      await (await import('./subscriptions.js')).showDeliveries(await session(command), id, options);
    });
  subscriptions
    .command('replay <id>')
    .description('deliver a range of the log again, with the same ids')
    .option('--after <cursor>', 'deliver the events after this cursor')
    .option('--until <cursor>', 'cursor of the last event')
    .option('--from <time>', 'time of the first event')
    .option('--to <time>', 'end of the range: deliver events before this time')
    .option('--failed-only', 'omit events that were delivered')
    .action(async (id: string, options, command: Command) => {
      await (await import('./subscriptions.js')).replayEvents(await session(command), id, options);
    });
  subscriptions
    .command('redeliver <delivery>')
    .description('deliver one event again, with the same id; `subscriptions deliveries` lists the ids of deliveries')
    .action(async (delivery: string, _options, command: Command) => {
      await (await import('./subscriptions.js')).redeliverEvent(await session(command), delivery);
    });
  subscriptions
    .command('test <id>')
    .description('send a test to the receiver')
    .action(async (id: string, _options, command: Command) => {
      await (await import('./subscriptions.js')).testSubscription(await session(command), id);
    });
  subscriptions
    .command('rotate-secret <id>')
    .description('replace the signing secret; for a day, requests are signed with both')
    .action(async (id: string, _options, command: Command) => {
      await (await import('./subscriptions.js')).rotateSecret(await session(command), id);
    });
  subscriptions
    .command('enable <id>')
    .description('turn a subscription on; from then on, it acts for you')
    .option('--skip-missed', 'continue with new events only')
    .action(async (id: string, options, command: Command) => {
      await (await import('./subscriptions.js')).switchSubscription(await session(command), id, {
        on: true,
        ...options,
      });
    });
  subscriptions
    .command('disable <id>')
    .description('turn a subscription off')
    .option('--reason <text>', 'reason, shown with the subscription')
    .action(async (id: string, options, command: Command) => {
      await (await import('./subscriptions.js')).switchSubscription(await session(command), id, {
        on: false,
        ...options,
      });
    });
  subscriptions
    .command('delete <id>')
    .description('delete a subscription')
    .option('-y, --yes', 'do not ask for confirmation')
    .action(async (id: string, options, command: Command) => {
      await (await import('./subscriptions.js')).deleteSubscription(await session(command), id, options);
    });
  const agents = program
    .command('agents')
    .description('show agents with their state, jobs, load and labels; requires MANAGE_DELEGATES')
    .option(
      '--label <selector>',
      'only agents whose labels meet this condition, such as os=linux (repeatable)',
      collect,
    )
    .option(
      '--state <state>',
      'only agents in this state: online, busy, draining, paused, lost, left (repeatable)',
      collect,
    )
    .option('--left', 'include agents that have left')
    .action(async (_options, command: Command) => {
      await (await import('./agents.js')).showAgents(await session(command), command.opts());
    });
  agents
    .command('pause <agent>')
    .description('keep new jobs away from an agent; its running jobs continue')
    .option('--note <text>', 'note to show with the agent and with waiting jobs')
    .option('--until <time>', 'time at which it ends, such as 2026-03-01T12:30:00Z')
    .action(async (agent: string, options, command: Command) => {
      await (await import('./agents.js')).pauseAgent(await session(command), agent, options);
    });
  agents
    .command('resume <agent>')
    .description('end the pause of an agent')
    .action(async (agent: string, _options, command: Command) => {
      await (await import('./agents.js')).resumeAgent(await session(command), agent);
    });
  agents
    .command('drain <agent>')
    .description('let an agent finish its jobs and leave')
    .action(async (agent: string, _options, command: Command) => {
      await (await import('./agents.js')).drainAgent(await session(command), agent);
    });
  agents
    .command('remove <agent>')
    .description('remove an agent; it finishes its jobs first')
    .option('--lose', 'end its jobs now: they are lost')
    .option('-y, --yes', 'do not ask for confirmation')
    .action(async (agent: string, options, command: Command) => {
      await (await import('./agents.js')).removeAgent(await session(command), agent, options);
    });
  agents
    .command('label <agent> <edits...>')
    .description('edit labels on the server: zone=b sets one, gpu- removes one, zone~ reverts an edit')
    .action(async (agent: string, edits: string[], _options, command: Command) => {
      await (await import('./agents.js')).labelAgent(await session(command), agent, edits);
    });
  agents
    .command('tokens')
    .description('show registration tokens of agents, with their limits')
    .option('--revoked', 'include revoked tokens')
    .action(async (_options, command: Command) => {
      await (await import('./agentTokens.js')).showAgentTokens(await session(command), command.opts());
    });
  agents
    .command('create-token <name>')
    .description('create a registration token, and print its value once')
    .option('--label <key=value>', 'its agents have these labels and no others (repeatable)', collect)
    .option('--for <application>', 'its agents run jobs of these applications only (repeatable)', collect)
    .option('--expires <time>', 'time from which it registers no agents, such as 2026-03-01T12:30:00Z')
    .action(async (name: string, { for: application, ...options }, command: Command) => {
      await (await import('./agentTokens.js')).createAgentToken(await session(command), name, {
        ...options,
        application,
      });
    });
  agents
    .command('revoke-token <id>')
    .description('revoke a registration token')
    .option('--agents <fate>', 'its agents: keep, finish (removed after their jobs) or lose (removed now)', 'keep')
    .action(async (id: string, options, command: Command) => {
      await (await import('./agentTokens.js')).revokeAgentToken(await session(command), id, options.agents);
    });
  const queue = program
    .command('queue')
    .description('show running and waiting jobs, in the order in which agents claim them, with reasons')
    .option('-a, --application <name>', 'only jobs of this application')
    .option('--label <key=value>', 'only jobs that require this label (repeatable)', collect)
    .option('--waiting', 'only jobs that wait')
    .option('-n, --limit <number>', 'number of jobs to show', limit, 50)
    .action(async (_options, command: Command) => {
      await (await import('./queue.js')).showQueue(await session(command), command.opts());
    });
  deciding(queue.command('move <jobs...>'))
    .description('move waiting jobs in their order; requires ABORT_WORKFLOW, and moving ahead MANAGE_DELEGATES')
    .option('--top', 'in front of all')
    .option('--bottom', 'behind all')
    .option('--before <job>', 'in front of this job')
    .option('--after <job>', 'behind this job')
    .action(async (jobs: string[], options, command: Command) => {
      await (await import('./queue.js')).moveQueued(await session(command), jobs, options);
    });
  deciding(queue.command('priority <value>'))
    .description('set the priority of a job, a run, a pipeline, a workflow or an application: -100 to 100, or default')
    .option('--job <job>', 'a waiting job')
    .option('--run <run>', 'a run')
    .option('--of <application>', 'an application, or its pipeline or workflow')
    .option('--pipeline <name>', 'a pipeline of the application')
    .option('--workflow <name>', 'a standalone workflow of the application')
    .option('--weight <number>', 'weight of the application, 1 to 100 (default: 1)', positive)
    .action(async (value: string, { of: application, ...options }, command: Command) => {
      await (await import('./queue.js')).prioritize(await session(command), value, { ...options, application });
    });
  deciding(queue.command('pause'))
    .description('keep jobs from being claimed; running jobs finish')
    .option('--for <key=value>', 'only jobs that require this label (repeatable; default: all jobs)', collect)
    .option('--note <text>', 'note to show with waiting jobs')
    .option('--until <time>', 'time at which it ends, such as 2026-03-01T12:30:00Z')
    .action(async (options, command: Command) => {
      await (await import('./queue.js')).pauseQueued(await session(command), options);
    });
  deciding(queue.command('resume [pause]'))
    .description('end a pause; optional if there is only one')
    .action(async (pause: string | undefined, _options, command: Command) => {
      await (await import('./queue.js')).resumeQueued(await session(command), pause);
    });
  queue
    .command('cancel <jobs...>')
    .description('cancel jobs, with a result for each')
    .option('--reason <text>', 'reason to show with the tasks')
    .option('-y, --yes', 'do not ask for confirmation')
    .action(async (jobs: string[], options, command: Command) => {
      await (await import('./queue.js')).cancelQueued(await session(command), jobs, options);
    });
  queue
    .command('abort <runs...>')
    .description('abort several runs, with a result for each')
    .option('--reason <text>', 'reason to show with the runs')
    .option('-y, --yes', 'do not ask for confirmation')
    .action(async (runs: string[], options, command: Command) => {
      await (await import('./queue.js')).abortRuns(await session(command), runs, options);
    });
  program
    .command('run')
    .description('inspect one run')
    .command('show [run]')
    .description('show stages, tasks, the cause of a failure and the possible next actions')
    .option('--all', 'list all tasks that succeeded, even if there are many')
    .action(async (run: string | undefined, { all = false }: { all?: boolean }, command: Command) => {
      await (await import('./showRun.js')).showRun(await session(command), run, all);
    });
  program
    .command('graph [run]')
    .description('show the graph of a run with statuses, level by level')
    .action(async (run: string | undefined, _options, command: Command) => {
      await (await import('./views.js')).showGraph(await session(command), run);
    });
  program
    .command('compare <run> <other>')
    .description('show the differences between two runs: definitions, images, inputs, variables, results')
    .action(async (run: string, other: string, _options, command: Command) => {
      await (await import('./views.js')).compareRuns(await session(command), run, other);
    });
  waiting(program.command('watch [run]'))
    .description('follow a run until it ends; exit with 0 if it succeeds')
    .action(async (run: string | undefined, options, command: Command) => {
      const opened = await session(command);
      if (!options.wait) return (await import('./follow.js')).watchRun(opened, run);
      const [{ waitForRun }, { findRun }] = await Promise.all([import('./ci.js'), import('./runs.js')]);
      await waitForRun(opened, (await findRun(opened, run)).id, null, options);
    });
  program
    .command('logs [run] [task]')
    .description('print the output of all tasks, or of one')
    .option('-f, --follow', 'follow the output until the run ends')
    .option('-n, --tail <number>', 'only the last lines of each task', positive)
    .option('--lines <from-to>', 'only these lines, such as 100-200')
    .option('--since <time>', 'only lines since this time, or this long ago, such as 10m')
    .option('--until <time>', 'only lines before this time, or this long ago')
    .option('-t, --timestamps', 'begin each line with its time')
    .option('--search <text>', 'only lines that contain this text, with task and number')
    .option('-i, --ignore-case', 'ignore case in the search')
    .option('-C, --context <number>', 'lines around each line found, 1 to 10', positive)
    .option('--download <file>', 'write the exact bytes of one task’s log to a file')
    .action(async (run: string | undefined, task: string | undefined, options, command: Command) => {
      await (await import('./logs.js')).showLogs(await session(command), run, task, options);
    });
  redeploying(
    acting(program.command('resume <run>').description('preview a resume, then continue a run from where it failed')),
  )
    .option('--stage <name>', 'stage to resume from (default: the first stage that did not succeed)')
    .option('--element <id>', 'stage element to resume from, if several stages share the name')
    .addOption(choice('--parallel-mode <mode>', 'elements of that stage to run again', 'ALL', 'FAILED_ONLY'))
    .addOption(
      choice('--granularity <what>', 'whether to run whole stages again, or only unfinished tasks', 'STAGE', 'TASK'),
    )
    .addOption(choice('--definition <which>', 'definition to continue with', 'PINNED', 'LATEST'))
    .option('--ask-inputs', 'ask for runtime inputs again, with the earlier answers as defaults')
    .addOption(
      choice(
        '--execution-mode <mode>',
        'scheduling of the tasks of a workflow',
        'SEQUENTIAL',
        'PARALLEL',
        'WORK_STEALING',
      ),
    )
    .option('--max-parallel <number>', 'maximum number of tasks of a workflow that run in parallel', positive)
    .option('--var <name=value>', 'workflow runs: new value for the tasks that run again (repeatable)', collect)
    .option('--rerun-ignored-failures', 'workflow runs: also run tasks whose failure was ignored')
    .option('--reevaluate-skipped', 'workflow runs: evaluate the conditions of skipped tasks again')
    .option('--force', 'use the latest definition even if it is incompatible with the kept results')
    .option('--dry-run', 'only show the preview')
    .action(async (run: string, options, command: Command) => {
      await (await import('./resume.js')).resumeRun(await session(command), run, options);
    });
  redeploying(acting(program.command('rerun <run>').description('run everything again, with the same inputs'))).action(
    async (run: string, options, command: Command) => {
      await (await import('./resume.js')).rerunRun(await session(command), run, options);
    },
  );
  acting(program.command('abort <run>').description('end a run without rolling anything back')).action(
    async (run: string, options, command: Command) => {
      await (await import('./resume.js')).abortRun(await session(command), run, options);
    },
  );
  redeploying(
    extending(
      acting(program.command('extend <run>').description('add images or change inputs of a run that succeeded')),
    ),
  ).action(async (run: string, options, command: Command) => {
    await (await import('./resume.js')).extendRun(await session(command), run, options);
  });
  unfreezing(seeing(program.command('restore <run>')))
    .description('revert a run, and the environments that it deployed to, to the state before it was extended')
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--confirm-conflicts', 'override deployments that other runs have made since')
    .option('--debug', 'include debug lines in the log')
    .option('--dry-run', 'only show the preview')
    .addOption(
      new Option('--cancel', 'cancel the running restore: the run returns to its previous status').conflicts([
        'confirmConflicts',
        'debug',
        'dryRun',
        'overrideFreeze',
      ]),
    )
    .option('--reason <text>', 'with --cancel: reason to show in the log')
    .option('--no-follow', 'return immediately instead of following the run')
    .action(async (run: string, options, command: Command) => {
      if (options.reason !== undefined && !options.cancel) {
        const { usage } = await import('./failure.js');
        throw usage('--reason is only for --cancel.');
      }
      const { cancelRestore, restoreRun } = await import('./restore.js');
      await (options.cancel ? cancelRestore : restoreRun)(await session(command), run, options);
    });
  unfreezing(program.command('promote <environment>'))
    .description('preview a promotion, then bring the images of the environment before this one to it')
    .option('--from <environment>', 'environment whose images to promote (default: the one that it comes after)')
    .option('--service <name>', 'only this service (repeatable; default: all that differ)', collect, [])
    .option('--pipeline <name>', 'pipeline to start, by name or ID (default: the only one that fits)')
    .option('--workflow <name>', 'workflow to start, instead of a pipeline')
    .option('--var <name=value>', 'value of a variable (repeatable)', collect, [])
    .option('--overrule', 'replace newer images')
    .option('--notes <text>', 'note to show with the run')
    .option('--dry-run', 'only show the preview')
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--no-follow', 'return immediately instead of following the run')
    .action(async (environment: string, options, command: Command) => {
      await (await import('./promote.js')).promoteImages(await session(command), environment, options);
    });
  unfreezing(program.command('rollback <environment>'))
    .description('preview a rollback, then bring services of an environment back to earlier images, as a new run')
    .option('--service <name>', 'only this service (repeatable; default: all)', collect, [])
    .option('--to <state>', 'previous, the id of a deployment, or a time such as 2026-03-01T12:30:00Z', 'previous')
    .option('--overrule', 'roll back although a deployment is in progress')
    .option('--reason <text>', 'reason to show with the run')
    .option('--dry-run', 'only show the preview')
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--no-follow', 'return immediately instead of following the run')
    .action(async (environment: string, options, command: Command) => {
      await (await import('./rollback.js')).rollBack(await session(command), environment, options);
    });
  program
    .command('observe <environment>')
    .description('observe what is actually running in an environment, and compare it with the record')
    .option('--no-follow', 'return immediately instead of waiting for the result')
    .action(async (environment: string, options, command: Command) => {
      await (await import('./observe.js')).observe(await session(command), environment, options);
    });
  unfreezing(program.command('restore-environments <applications...>'))
    .description('preview, then bring environments back to the images that they had at an earlier time, as a new run')
    .requiredOption('--to <time>', 'time to return to, such as 2026-03-01T12:30:00Z')
    .option(
      '--environment <name>',
      'only this environment (repeatable; default: all that you may roll back)',
      collect,
      [],
    )
    .option('--leave-out', 'leave services that can’t be brought back as they are')
    .option('--overrule', 'bring services back although a deployment is in progress')
    .option('--reason <text>', 'reason to show with the run')
    .option('--dry-run', 'only show the preview')
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--no-follow', 'return immediately instead of following the run')
    .action(async (applications: string[], options, command: Command) => {
      await (await import('./restoreEnvironments.js')).bringBack(await session(command), applications, options);
    });
  waiting(unfreezing(extending(deciding(program.command('start <application> <name>')))))
    .description('start a pipeline, or with --workflow a standalone workflow')
    .option('--workflow', 'start the workflow with this name')
    .addOption(choice('--execution-mode <mode>', 'scheduling of its tasks', 'SEQUENTIAL', 'PARALLEL', 'WORK_STEALING'))
    .option('--max-parallel <number>', 'maximum number of its tasks that run in parallel', positive)
    .option('--notes <text>', 'note to show with the run')
    .option('--idempotency-key <key>', 'key that makes the start idempotent: the same key returns the same run')
    .option('--dry-run', 'only show the plan and every problem')
    .option('--no-follow', 'return immediately instead of following the run')
    .action(async (application: string, name: string, options, command: Command) => {
      await (await import('./start.js')).startRun(await session(command), application, name, options);
    });
  program
    .command('approvals')
    .description('list the approvals that wait for you')
    .option('--all', 'include those that only others may decide')
    .option('-n, --limit <number>', 'number of approvals to show', positive, 50)
    .action(async (options, command: Command) => {
      await (await import('./decide.js')).listApprovals(await session(command), options);
    });
  for (const verb of ['approve', 'reject'] as const) {
    const command = seeing(deciding(program.command(`${verb} <run>`)))
      .description(`${verb} the approval that a run waits for`)
      .option('--step <name>', 'approval to decide, if the run waits for several')
      .option('-m, --comments <text>', 'comment to show with the decision');
    if (verb === 'approve') {
      command.option(
        '--input <name=value>',
        'value for the approval’s form (repeatable); on a terminal, omitted values are asked for',
        collect,
      );
    }
    command.action(async (run: string, options, command: Command) => {
      await (await import('./decide.js')).decide(
        await session(command),
        run,
        verb === 'approve' ? 'APPROVE' : 'REJECT',
        options,
      );
    });
  }
  seeing(deciding(program.command('reassign <run> <groups...>')))
    .description('assign the approval that a run waits for to other user groups (administrators only)')
    .option('--step <name>', 'approval to reassign, if the run waits for several')
    .option('--reason <text>', 'reason to show with the approval')
    .action(async (run: string, groups: string[], options, command: Command) => {
      await (await import('./decide.js')).reassign(await session(command), run, groups, options);
    });
  redeploying(seeing(deciding(program.command('retry <run> <task>')), 'workflow of the task'))
    .description('retry a failed task while its workflow still runs; TASK is a name, STEP/NAME or an id')
    .option('--reason <text>', 'reason to show with the task')
    .action(async (run: string, task: string, options, command: Command) => {
      await (await import('./intervene.js')).retryTask(await session(command), run, task, options);
    });
  redeploying(seeing(deciding(program.command('intervene <run> <action>'))))
    .description(
      'decide what happens to a failure that waits for a person; ACTION is retry, ignore, mark-as-success, fail or abort',
    )
    .option('--at <name>', 'task or step to decide, if several wait: a name, STEP/TASK or an id')
    .option('--reason <text>', 'comment to show with the decision')
    .action(async (run: string, action: string, options, command: Command) => {
      await (await import('./intervene.js')).intervene(await session(command), run, action, options);
    });
  seeing(deciding(program.command('answer <run>')))
    .description('provide the runtime inputs that a run waits for')
    .option('--step <name>', 'stage element, if several wait for inputs')
    .option('--var <name=value>', 'value of an input (repeatable); other inputs get their defaults', collect)
    .action(async (run: string, options, command: Command) => {
      await (await import('./decide.js')).answer(await session(command), run, options);
    });
  seeing(deciding(program.command('override-freeze <run>')))
    .description('let a run that waits for the end of a freeze deploy now; requires OVERRIDE_FREEZE')
    .requiredOption('--reason <text>', 'reason to record on the audit trail')
    .action(async (run: string, options, command: Command) => {
      await (await import('./freezes.js')).overrideFreeze(await session(command), run, options);
    });
  for (const verb of ['pause', 'continue'] as const) {
    seeing(deciding(program.command(`${verb} <run>`)))
      .description(
        verb === 'pause' ? 'pause a run: running tasks finish, and no new task starts' : 'continue a paused run',
      )
      .option('--reason <text>', 'note to show with the run')
      .action(async (run: string, options, command: Command) => {
        await (await import('./decide.js')).hold(await session(command), run, verb, options);
      });
  }
  deciding(program.command('apply <file...>'))
    .description('create or update the resources that documents define; - reads standard input')
    .option('--dry-run', 'only report the effect')
    .option('-a, --application <name>', 'default application, for documents that do not name one')
    .action(async (files: string[], options, command: Command) => {
      await (await import('./documents.js')).applyFiles(await session(command), files, options);
    });
  program
    .command('validate <file...>')
    .description('report errors in documents without applying them')
    .option('-a, --application <name>', 'default application, for documents that do not name one')
    .action(async (files: string[], options, command: Command) => {
      await (await import('./documents.js')).validateFiles(await session(command), files, options);
    });
  program
    .command('import')
    .description('import the configuration of another system; needs no server')
    .command('firstgen <folder>')
    .description(
      'convert a Harness FirstGen configuration-as-code folder to documents, and list what can’t be carried over',
    )
    .option('-o, --output <folder>', 'write one file for each application (default: standard output)')
    .option('--check', 'only list what can’t be carried over; exit with 1 if there is anything')
    .action(async (folder: string, options, command: Command) => {
      const [{ importFirstGen }, { Ui }] = await Promise.all([
        import('./firstgen/importFirstGen.js'),
        import('./ui.js'),
      ]);
      const { json = false } = command.optsWithGlobals<GlobalOptions>();
      await importFirstGen(new Ui(json, terminal), folder, options);
    });
  program
    .command('schema')
    .description('print the JSON Schema of documents, for editors; needs no key')
    .action(async (_options, command: Command) => {
      const [{ serverOf }, { readSchema }] = await Promise.all([import('./session.js'), import('./schema.js')]);
      terminal.stdout.write(await readSchema(serverOf(command.optsWithGlobals<GlobalOptions>(), terminal.env)));
    });
  const ci = program.command('ci').description('commands for jobs of CI systems');
  ci.command('login')
    .description('exchange the OpenID Connect token of the job for a key that all its commands use')
    .action(async (_options, command: Command) => {
      const { ciLogin } = await import('./ciLogin.js');
      await ciLogin(command.optsWithGlobals<GlobalOptions>(), terminal);
    });
  const trust = program
    .command('trust')
    .description('list the rules that let CI jobs sign in with their own tokens (administrators only)')
    .action(async (_options, command: Command) => {
      await (await import('./trust.js')).showTrustRules(await session(command));
    });
  trusting(trust.command('create <name>'))
    .description('create a trust rule')
    .action(async (name: string, { for: application, ...options }, command: Command) => {
      await (await import('./trust.js')).createTrustRule(await session(command), name, { ...options, application });
    });
  trusting(trust.command('update <rule>'))
    .description(
      'change a trust rule; revokes its keys if the change affects who is trusted, or with which permissions',
    )
    .option('--on', 'turn the rule on')
    .option('--off', 'turn the rule off')
    .action(async (name: string, { for: application, ...options }, command: Command) => {
      await (await import('./trust.js')).updateTrustRule(await session(command), name, { ...options, application });
    });
  deciding(trust.command('delete <rule>'))
    .description('delete a trust rule and revoke its keys')
    .action(async (name: string, _options, command: Command) => {
      await (await import('./trust.js')).deleteTrustRule(await session(command), name);
    });
  for (const [name, description] of Object.entries(PROGRAMS)) {
    program
      .command(`${name} [arguments...]`)
      .description(description)
      .allowUnknownOption()
      .helpOption(false)
      .action(async () => {
        const { usage } = await import('./failure.js');
        throw usage(
          `"slipway ${name}" is a program of its own: "${name}" comes first.`,
          `Usage: slipway ${name} --help`,
        );
      });
  }
  const admin = program.command('admin').description('administer the server on its own machine; needs no key');
  admin
    .command('create-key')
    .description(
      'create an administrator’s API key in the database of DATABASE_URL or SLIPWAY_DATA_DIR; works while the server is stopped',
    )
    .option('--name <name>', 'name of the key', 'administrator')
    .action(async ({ name }: { name: string }, command: Command) => {
      const { createKey } = await import('./admin.js');
      await createKey(name, command.optsWithGlobals<GlobalOptions>().json ?? false, terminal);
    });
  const onServer = async (args: readonly (string | false | undefined)[], command: Command) => {
    const { onThisMachine } = await import('./admin.js');
    const given = args.filter((one): one is string => typeof one === 'string');
    await onThisMachine(given, command.optsWithGlobals<GlobalOptions>().json ?? false, terminal);
  };
  admin
    .command('backup <file>')
    .description('write one archive of the database, artifacts and settings, while servers run; - is standard output')
    .option('--without-artifacts', 'leave out artifacts, if their folder or bucket is backed up on its own')
    .option('--without-key', 'leave out the file secret.key, which decrypts the secrets in the backup')
    .action(async (file: string, { withoutArtifacts, withoutKey }: Record<string, boolean>, command: Command) => {
      const options = [withoutArtifacts && '--without-artifacts', withoutKey && '--without-key'];
      await onServer(['backup', file, ...options], command);
    });
  admin
    .command('restore <file>')
    .description('check a backup and bring it into an empty database; - is standard input')
    .option('--without-keys', 'continue although a key is missing: its secrets have to be set again')
    .action(async (file: string, { withoutKeys }: Record<string, boolean>, command: Command) => {
      await onServer(['restore', file, withoutKeys && '--without-keys'], command);
    });
  admin
    .command('check')
    .description('check the configuration, data folder, database, schema, clock, keys and artifact store of a server')
    .action((_options, command: Command) => onServer(['check'], command));
  return program;
}

/** The caller's name for the run of the parsed command; undefined if the command takes none. */
export function namedRun(program: Command): string | undefined {
  let command = program;
  for (let next: Command | undefined = program; next !== undefined; next = command.commands.find(isCalled))
    command = next;
  return command.registeredArguments[0]?.name() === 'run' ? command.args[0] : undefined;

  function isCalled(one: Command): boolean {
    return one.name() === command.args[0];
  }
}

/** bin/slipway.cjs starts these, without loading the command line. */
const PROGRAMS = {
  server: 'start a server; environment variables configure it',
  agent: 'start an agent, which runs jobs of a server',
  demo: 'start a server with agents, and release the example application',
};

const ABOUT_RUNS =
  'RUN is the id of a run, a unique part of it, or "latest". Where it is optional, a terminal offers the newest runs.';
const ABOUT_CODES =
  'Exit codes: 0 success, 1 run failed, 2 usage error, 3 refused by the server, 4 server unreachable, 5 not confirmed, 130 Ctrl-C. With --wait also 6 rejected, 7 aborted, 8 expired, 9 waiting, 10 timed out.';

/** Commands that act on the state in which the caller saw the run. */
const seeing = (command: Command, what = 'run'): Command =>
  command.option(
    '--expected-version <number>',
    `fail with CONFLICT unless the ${what} is at this version, as printed by "run show --json" (default: the current one)`,
    positive,
  );

const acting = (command: Command): Command =>
  seeing(command)
    .option('--reason <text>', 'reason to show with the attempt')
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--no-follow', 'return immediately instead of following the run');

/** Commands that never ask accept --yes, so that scripts can pass it to every command. */
const deciding = (command: Command): Command =>
  command.option('-y, --yes', 'accepted for scripts; this command never asks');

/** Commands that may begin deployments within a freeze. */
const unfreezing = (command: Command): Command =>
  command.option(
    '--override-freeze <reason>',
    'deploy in spite of freezes; requires OVERRIDE_FREEZE and records the reason on the audit trail',
  );

const trusting = (command: Command): Command =>
  deciding(command)
    .option('--issuer <url>', 'issuer of the tokens, such as https://token.actions.githubusercontent.com')
    .option('--audience <text>', 'required audience of the tokens (default for a new rule: the URL of the server)')
    .option('--subject <pattern>', 'pattern for the subject, such as "repo:octo-org/shop:ref:refs/heads/main"')
    .option('--claim <name=pattern>', 'pattern for another claim (repeatable)', collect)
    .option('--group <name>', 'user group that the keys act with (repeatable)', collect)
    .option('--for <application>', 'restrict the keys to this application (repeatable)', collect)
    .option('--lifetime <seconds>', 'lifetime of the keys, 60 to 86400 (default for a new rule: 3600)', positive);

/** Options of commands with which a CI job waits for an outcome. */
const waiting = (command: Command): Command =>
  command
    .option(
      '--wait',
      'wait for the outcome as a CI job: an exit code for each outcome, a summary, annotations and outputs',
    )
    .option(
      '--summary <file>',
      'with --wait: write a summary in Markdown, which GitHub Actions also shows on the page of the job',
    )
    .option('--outputs <file>', 'with --wait: write SLIPWAY_RUN_ID, _STATUS, _ATTEMPT and _CODE as a dotenv file')
    .option('--timeout <seconds>', 'with --wait: stop waiting after this time; the run continues', positive)
    .option('--stop-at-waiting', 'with --wait: stop waiting when the run waits for a person')
    .option('--abort-on-cancel', 'with --wait: abort the run when the job is canceled (SIGINT, SIGTERM)');

const redeploying = (command: Command): Command =>
  unfreezing(command).option('--overrule', 'replace images that runs which started later have deployed since');

const extending = (command: Command): Command =>
  command
    .option('--var <name=value>', 'value of a variable (repeatable)', collect)
    .option('--image <service=image>', 'image to deploy (repeatable)', collect);

const oneOf = new Intl.ListFormat('en', { type: 'disjunction' });

/** One of the API’s enum values; lower case and hyphens are accepted. */
function choice(flags: string, description: string, ...words: readonly string[]): Option {
  return new Option(flags, `${description}: ${oneOf.format(words)}`).argParser((given: string) => {
    const word = given.toUpperCase().replaceAll('-', '_');
    if (words.includes(word)) return word;
    throw new InvalidArgumentError(`Expected ${oneOf.format(words)}.`);
  });
}

function limit(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 500) return number;
  throw new InvalidArgumentError('Expected a whole number from 1 to 500.');
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('Expected a whole number of at least 1.');
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
