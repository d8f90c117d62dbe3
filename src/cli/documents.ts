import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { ApiError } from '../client/apiError';
import type { Given } from '../client/requests';
import {
  ApplyDefinitionsDocument,
  type ApplyDefinitionsMutation,
  type ProblemFragment,
  ValidateDefinitionDocument,
} from '../client/generated';
import { exit, Failure, Followed, usage } from './failure';
import type { Session } from './session';
import type { Terminal } from './ui';

export interface DocumentOptions {
  readonly application?: string;
}

interface Source {
  readonly format: 'YAML' | 'TOML';
  readonly source: string;
  /** Name of the file, for a task graph without a name. */
  readonly name?: string;
  /** `FILE:LINE` of a line of the source, counted from 1. */
  place(line: number): string;
}

type Problem = Pick<ProblemFragment, 'line' | 'column' | 'rule' | 'message'>;

/**
 * `slipway apply`: applies all YAML files together, so that they may refer to each other in any order and fail
 * together.
 */
export async function applyFiles(
  session: Session,
  files: readonly string[],
  { application, dryRun = false }: DocumentOptions & { readonly dryRun?: boolean },
): Promise<void> {
  const { api, ui } = session;
  const results: Given<ApplyDefinitionsMutation>['applyDefinitions']['results'][number][] = [];
  for (const { source, format, name, place } of await readSources(session.ui.terminal, files)) {
    try {
      const input = { source, format, dryRun, application, name };
      const { applyDefinitions } = await api.ask(ApplyDefinitionsDocument, { input });
      results.push(...applyDefinitions.results);
      for (const problem of applyDefinitions.warnings) sayWarning(ui, problem, place);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'INVALID_DEFINITION') throw error;
      const problems = (error.details.errors ?? []) as Problem[];
      const lines = problems.map((problem) => sayProblem(problem, place));
      throw new Failure(
        exit.refused,
        error.code,
        `${counted(problems.length, 'error')}; nothing was applied.`,
        error.details,
        lines,
      );
    }
  }
  ui.answer(results);
  if (ui.json) return;
  ui.table(
    [dryRun ? 'WOULD BE' : 'IS', 'KIND', 'NAME', 'REVISION'],
    results.map(({ action, kind, application: of, name, revision }) => [
      (action === 'UNCHANGED' ? ui.paint.dim : ui.paint.green)(action.toLowerCase()),
      kind.toLowerCase(),
      kind === 'APPLICATION' || of === '' ? name : `${of}/${name}`,
      revision === null ? '' : String(revision.number),
    ]),
  );
}

/** `slipway validate`: reports the same errors as `apply`, and needs no right to write. */
export async function validateFiles(
  session: Session,
  files: readonly string[],
  { application }: DocumentOptions,
): Promise<void> {
  const { api, ui } = session;
  const found = { errors: 0, answers: [] as object[] };
  for (const { source, format, name, place } of await readSources(session.ui.terminal, files)) {
    const asked = { source, format, application, name };
    const { validateDefinition: answer } = await api.ask(ValidateDefinitionDocument, asked);
    for (const problem of answer.errors) ui.say(`${ui.paint.red('error')}    ${sayProblem(problem, place)}`);
    for (const problem of answer.warnings) sayWarning(ui, problem, place);
    found.errors += answer.errors.length;
    found.answers.push(answer);
  }
  ui.answer(found.answers);
  if (found.errors > 0) {
    ui.say(`${counted(found.errors, 'error')}.`);
    throw new Followed('INVALID_DEFINITION', 'The documents have errors.');
  }
  ui.say(`${ui.paint.green('✓')} valid`);
}

const counted = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const sayWarning = (ui: Session['ui'], problem: Problem, place: Source['place']): void =>
  ui.say(`${ui.paint.yellow('warning')}  ${sayProblem(problem, place)}`);

function sayProblem({ line, column, rule, message }: Problem, place: Source['place']): string {
  return `${line === null ? '' : `${place(line)}${column === null ? '' : `:${column}`}  `}${message} (${rule})`;
}

/** One source for all YAML files, and one for each TOML file, which holds one document. */
async function readSources(terminal: Terminal, files: readonly string[]): Promise<Source[]> {
  const read = await Promise.all(files.map(async (file) => ({ file, content: await contentOf(terminal, file) })));
  const toml = read.filter(({ file }) => file.endsWith('.toml'));
  const yaml = read.filter(({ file }) => !file.endsWith('.toml'));
  const sources = toml.map(
    ({ file, content }): Source => ({
      format: 'TOML',
      source: content,
      name: basename(file, '.toml'),
      place: (line) => `${file}:${line}`,
    }),
  );
  if (yaml.length === 0) return sources;
  const parts: { file: string; from: number }[] = [];
  let source = '';
  for (const { file, content } of yaml) {
    if (source !== '')
      source += `${source.endsWith('\n') ? '' : '\n'}${/^(\s*#.*\n|\s*\n)*---/.test(content) ? '' : '---\n'}`;
    parts.push({ file, from: source.split('\n').length });
    source += content;
  }
  const place = (line: number): string => {
    const part = parts.findLast(({ from }) => from <= line) ?? parts[0];
    return `${part?.file}:${line - (part?.from ?? 1) + 1}`;
  };
  return [{ format: 'YAML', source, place }, ...sources];
}

/** Content of a file, or of standard input for "-". */
export async function contentOf({ stdin }: Pick<Terminal, 'stdin'>, file: string): Promise<string> {
  if (file === '-') return text(stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw usage(`${file} can’t be read: ${(error as Error).message}`);
  }
}
