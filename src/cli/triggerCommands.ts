import type { Command } from 'commander';
import { usage } from './failure';
import type { Session } from './session';
import type { SampleOptions } from './triggers';

type Opens = (command: Command) => Promise<Session>;

/** `slipway triggers` and its commands. */
export function addTriggerCommands(program: Command, session: Opens): void {
  const triggers = program
    .command('triggers')
    .description('list the triggers that start pipelines and workflows, with their last firings')
    .option('-a, --application <name>', 'only triggers of this application')
    .action(async (options: { application?: string }, command: Command) => {
      await (await import('./triggers.js')).listTriggers(await session(command), options.application);
    });
  const on = (name: string, description: string) =>
    triggers
      .command(`${name} <name>`)
      .description(description)
      .option('-a, --application <name>', 'application (required)');
  on('show', 'show a trigger: its document, address and last firings').action(
    async (name: string, _options, command: Command) =>
      (await import('./triggers.js')).showTrigger(await session(command), name, both(command), 5),
  );
  on('firings', 'show the last firings of a trigger, with their outcomes').action(
    async (name: string, _options, command: Command) =>
      (await import('./triggers.js')).showFirings(await session(command), name, both(command)),
  );
  const sampled = (name: string, description: string) =>
    on(name, description)
      .option('--payload <file>', 'JSON file with the payload of a webhook; "-" reads standard input')
      .option('--event <name>', 'name of the webhook’s event');
  sampled('test', 'show what an event would start, without starting it').action(
    async (name: string, _options, command: Command) =>
      (await import('./triggers.js')).testTrigger(await session(command), name, both(command)),
  );
  sampled('fire', 'fire a trigger manually, with your own permissions').action(
    async (name: string, _options, command: Command) =>
      (await import('./triggers.js')).fireTrigger(await session(command), name, both(command)),
  );
  for (const enabled of [true, false]) {
    on(enabled ? 'enable' : 'disable', `turn a trigger ${enabled ? 'on' : 'off'}`).action(
      async (name: string, _options, command: Command) =>
        (await import('./triggers.js')).enable(await session(command), name, both(command), enabled),
    );
  }
  on('rotate', 'replace the generated secret of a webhook, and show the new one')
    .option('--path', 'replace the address instead')
    .action(async (name: string, _options, command: Command) =>
      (await import('./triggers.js')).rotate(await session(command), name, both(command)),
    );
}

/** `triggers` has the option `-a`, too, and takes it wherever it stands: commander could not require it here. */
function both(command: Command): SampleOptions & { readonly path?: boolean } {
  const { application, ...options } = command.optsWithGlobals<Partial<SampleOptions> & { readonly path?: boolean }>();
  if (application !== undefined) return { ...options, application };
  throw usage(
    'The application of the trigger is missing.',
    `Name it: slipway triggers ${command.name()} NAME -a APPLICATION`,
  );
}
