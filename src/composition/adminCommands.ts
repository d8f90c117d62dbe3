import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { readServerConfig } from '../kernel/config';
import { createLog, type Log } from '../kernel/log';
import { StartError } from '../kernel/startError';
import { checkServer } from './checkServer';
import { createAdminKey } from './createAdminKey';

/**
 * Commands for people who control the server's machine: they need no key, and no running server. Results go to standard
 * output, as JSON with `--json`; progress goes to standard error.
 */
const commands: Readonly<Record<string, { readonly usage: string; run(given: Given): Promise<void> }>> = {
  'create-key': { usage: 'create-key [NAME]', run: createKey },
  backup: { usage: 'backup FILE [--without-artifacts] [--without-key]', run: backup },
  restore: { usage: 'restore FILE [--without-keys]', run: restore },
  check: { usage: 'check', run: check },
};

interface Given {
  readonly names: readonly string[];
  readonly options: Readonly<Record<string, boolean | undefined>>;
  readonly log: Log;
}

export async function runAdminCommand([name = '', ...others]: readonly string[]): Promise<void> {
  const command = commands[name];
  const all = Object.values(commands).map(({ usage }) => `\n  admin ${usage}`);
  if (command === undefined) throw new StartError(`Expected one of:${all.join('')}`);
  await command.run({ ...parsed(others, command.usage), log: createLog({ level: 'warn', pretty: true }) });
}

function parsed(args: readonly string[], usage: string): Pick<Given, 'names' | 'options'> {
  const boolean = { type: 'boolean' } as const;
  const known = [...usage.matchAll(/--([a-z-]+)/g)].map(([, option = '']) => [option, boolean] as const);
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { json: boolean, ...Object.fromEntries(known) },
      allowPositionals: true,
    });
    const most = (usage.match(/ \[?[A-Z]+/g) ?? []).length;
    const least = (usage.match(/ [A-Z]+/g) ?? []).length;
    if (positionals.length <= most && positionals.length >= least) return { names: positionals, options: values };
  } catch {
    // The usage says what was expected.
  }
  throw new StartError(`Expected "admin ${usage}".`);
}

async function createKey({ names: [name = 'administrator'], log }: Given): Promise<void> {
  process.stdout.write(`${await createAdminKey(readServerConfig(), log, name)}\n`);
}

async function backup({ names: [file = ''], options, log }: Given): Promise<void> {
  const { writeBackup, writeBackupFile } = await import('./backup/backup.js');
  const progress = new Progress();
  const asked = {
    ...{ artifacts: !options['without-artifacts'], key: !options['without-key'] },
    progress: (line: string) => progress.show(line),
  };
  const config = readServerConfig();
  const report =
    file === '-'
      ? await writeBackup(config, log, process.stdout, asked)
      : await writeBackupFile(config, log, file, asked);
  progress.end();
  const lines = [
    `${pc.green('✓')} ${file === '-' ? 'Backup' : file}: ${counted(report.rows, 'row')} of ${counted(report.tables, 'table')}${
      asked.artifacts ? `, ${counted(report.artifacts.count, 'artifact')} (${sized(report.artifacts.bytes)})` : ''
    }`,
    ...missingLines(report.missing),
    ...(report.hasKey
      ? ['It contains the key of the secrets: anyone with the file can read them. Keep it as you keep the secrets.']
      : report.keys.length > 0
        ? [
            `It doesn’t contain the key of the secrets (${report.keys.join(', ')}). Keep SLIPWAY_SECRET_KEY, or secret.key, somewhere else.`,
          ]
        : []),
    ...(asked.artifacts ? [] : ['It doesn’t contain the artifacts. Copy their folder or bucket after this backup.']),
  ];
  say(options.json && file !== '-' ? [JSON.stringify(report)] : lines, file === '-' ? process.stderr : process.stdout);
}

async function restore({ names: [file = ''], options, log }: Given): Promise<void> {
  const { openBackup, restoreBackup } = await import('./backup/restore.js');
  const progress = new Progress();
  const report = await restoreBackup(readServerConfig(), log, await openBackup(file), {
    needsKeys: !options['without-keys'],
    progress: (line) => progress.show(line),
  });
  progress.end();
  const others = Object.entries(report.otherSettings);
  const lines = [
    `${pc.green('✓')} Restored the backup of ${report.createdAt}: ${counted(report.rows, 'row')}, ${counted(report.artifacts.count, 'artifact')} (${sized(report.artifacts.bytes)})`,
    ...missingLines(report.missing),
    ...report.missingKeys.map(
      (id) => `Secrets that are encrypted with the key ${id} can’t be read. Set their values again.`,
    ),
    ...(others.length === 0 ? [] : ['These variables were set when the backup was made:']),
    ...others.map(([name, value]) => `  ${name}=${value}`),
    'Start the server. Agents that had jobs report again; jobs that nobody works on are lost after their lease.',
  ];
  say(options.json ? [JSON.stringify(report)] : lines, process.stdout);
}

async function check({ options, log }: Given): Promise<void> {
  const findings = await checkServer(log);
  const failed = findings.filter(({ ok }) => !ok);
  const lines = findings.map(({ what, ok, text }) => `${ok ? pc.green('✓') : pc.red('✗')} ${what}: ${text}`);
  say(options.json ? [JSON.stringify(findings)] : lines, process.stdout);
  if (failed.length > 0) process.exitCode = 1;
}

const missingLines = (missing: readonly string[]): string[] =>
  missing.length === 0
    ? []
    : [
        pc.yellow(
          `! ${counted(missing.length, 'artifact')} had been lost or damaged before the backup: ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', …' : ''}`,
        ),
      ];

const counted = (number: number, noun: string): string =>
  `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;

function sized(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

const say = (lines: readonly string[], to: NodeJS.WriteStream): unknown => to.write(`${lines.join('\n')}\n`);

/** One line on a terminal that says what is being done; nothing elsewhere. */
class Progress {
  private shownAt = Number.NEGATIVE_INFINITY;

  show(line: string): void {
    if (!process.stderr.isTTY || performance.now() - this.shownAt < 100) return;
    this.shownAt = performance.now();
    process.stderr.write(`\r\x1b[2K${pc.dim(line)}`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  }
}
