import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { exit, Failure, Followed, usage } from './failure';
import type { Session } from './session';

export interface DocumentOptions {
  readonly application?: string;
}

interface Source {
  readonly format: 'YAML' | 'TOML';
  readonly source: string;
  /** Which line of which file a line of the source is; both from 1. */
  place(line: number): string;
}

interface Problem {
  readonly line: number | null;
  readonly column: number | null;
  readonly path: string;
  readonly rule: string;
  readonly message: string;
}

/** `slipway apply`: all YAML files together, so that they may refer to each other in any order and are taken or refused as one. */
export async function applyFiles(
  session: Session,
  files: readonly string[],
  { application, dryRun = false }: DocumentOptions & { readonly dryRun?: boolean },
): Promise<void> {
  const { api, ui } = session;
  const results: {
    action: string;
    kind: string;
    application: string;
    name: string;
    revision: { number: number } | null;
  }[] = [];
  for (const { source, format, place } of await readSources(files)) {
    try {
      const { applyDefinitions } = await api.ask<{ applyDefinitions: { results: typeof results } }>(
        `mutation ($input: ApplyDefinitionsInput!) { applyDefinitions(input: $input) {
          results { action kind application name id revision { number contentHash } } } }`,
        { input: { source, format, dryRun, application } },
      );
      results.push(...applyDefinitions.results);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'INVALID_DEFINITION') throw error;
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
      kind === 'APPLICATION' ? name : `${of}/${name}`,
      revision === null ? '' : String(revision.number),
    ]),
  );
}

/** `slipway validate`: what `apply` would say, without a right to write. */
export async function validateFiles(
  session: Session,
  files: readonly string[],
  { application }: DocumentOptions,
): Promise<void> {
  const { api, ui } = session;
  const found = { errors: 0, answers: [] as object[] };
  for (const { source, format, place } of await readSources(files)) {
    const { validateDefinition: answer } = await api.ask<{
      validateDefinition: { errors: readonly Problem[]; warnings: readonly Problem[] };
    }>(
      `query ($source: String!, $format: DefinitionFormat!, $application: String) {
        validateDefinition(source: $source, format: $format, application: $application) {
          valid errors { path line column rule message } warnings { path line column rule message } } }`,
      { source, format, application },
    );
    for (const problem of answer.errors) ui.say(`${ui.paint.red('error')}    ${sayProblem(problem, place)}`);
    for (const problem of answer.warnings) ui.say(`${ui.paint.yellow('warning')}  ${sayProblem(problem, place)}`);
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

function sayProblem({ line, column, rule, message }: Problem, place: Source['place']): string {
  return `${line === null ? '' : `${place(line)}${column === null ? '' : `:${column}`}  `}${message} (${rule})`;
}

/** One source of all YAML files, and one for each TOML file, which holds one document. */
async function readSources(files: readonly string[]): Promise<Source[]> {
  const read = await Promise.all(files.map(async (file) => ({ file, content: await contentOf(file) })));
  const toml = read.filter(({ file }) => file.endsWith('.toml'));
  const yaml = read.filter(({ file }) => !file.endsWith('.toml'));
  const sources = toml.map(
    ({ file, content }): Source => ({ format: 'TOML', source: content, place: (line) => `${file}:${line}` }),
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

async function contentOf(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw usage(`${file} can’t be read: ${(error as Error).message}`);
  }
}
