import { mkdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { inheritedEnvironment } from '../kernel/config';
import { isArtifactName } from './artifactPatterns';
import { ArtifactFailure, downloadInputs, upload } from './artifacts';
import { HttpClient, ServerRefusal } from './httpClient';
import { findOutputs, type OutputFile } from './outputs';
import { JobClient } from './protocolClient';

const HELP = `slipway artifact: files of the job that runs this command

  slipway artifact upload FILE… [--name NAME]
      Uploads files now, not at the end of the job. A directory means all files in it; * and ** match as in
      "artifacts". --name gives one file another name.

  slipway artifact download [GLOB…] [--from SOURCE] [--dir DIRECTORY]
      Downloads files of tasks that have succeeded, by name (default: all). --from takes what "artifacts.from" takes:
      a task of the workflow, or a workflow of the run.
`;

/** Wrong arguments. */
class Usage extends Error {}

/**
 * The command `slipway artifact` of a job. It is on the job's PATH, and needs the variables that the agent gives to
 * commands. The token is valid only while the job runs.
 */
export async function jobCommand(args: readonly string[], print: (text: string) => void): Promise<number> {
  try {
    const [verb, ...rest] = args;
    if (verb === undefined || verb === '--help' || verb === 'help') print(HELP);
    else if (verb === 'upload') await uploadFiles(rest, print);
    else if (verb === 'download') await downloadFiles(rest, print);
    else throw new Usage(`slipway artifact has no command "${verb}".`);
    return 0;
  } catch (error) {
    const isUsage = error instanceof Usage || (error instanceof TypeError && 'code' in error);
    const code = error instanceof ServerRefusal ? `${error.code}: ` : '';
    process.stderr.write(`${code}${error instanceof Error ? error.message : error}\n${isUsage ? HELP : ''}`);
    return isUsage ? 2 : 1;
  }
}

async function uploadFiles(args: string[], print: (text: string) => void): Promise<void> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { name: { type: 'string' } } });
  if (positionals.length === 0) throw new Usage('Name the files to upload.');
  const files = values.name === undefined ? await filesOf(positionals) : [await namedFile(positionals, values.name)];
  const odd = files.find(({ name }) => !isArtifactName(name));
  if (odd !== undefined) throw new Usage(`"${odd.name}" can’t be the name of an artifact.`);
  await withClient(async (client, signal) => {
    for (const file of files) {
      await upload(file, client, signal);
      print(`uploaded ${file.name}\n`);
    }
  });
}

async function filesOf(paths: readonly string[]): Promise<readonly OutputFile[]> {
  const root = await realpath('.');
  const patterns = await Promise.all(
    paths.map(async (path) => {
      const name = relative(root, resolve(root, path)).split(sep).join('/');
      if (name.startsWith('..') || isAbsolute(name)) {
        throw new Usage(`${path} is not in the current directory: give it a name with --name.`);
      }
      const isFolder = await stat(path).then(
        (found) => found.isDirectory(),
        () => false,
      );
      return isFolder ? (name === '' ? '**' : `${name}/**`) : name;
    }),
  );
  const { files, missing, escaping } = await findOutputs(root, patterns);
  if (missing.length > 0) throw new Error(`${missing.join('. ')}.`);
  if (escaping.length > 0)
    throw new Error(`Links that lead out of the directory are not uploaded: ${escaping.join(', ')}.`);
  return files;
}

async function namedFile(paths: readonly string[], name: string): Promise<OutputFile> {
  const [path] = paths;
  if (path === undefined || paths.length > 1) throw new Usage('--name needs exactly one file.');
  const found = await realpath(path);
  if (!(await stat(found)).isFile()) throw new Usage(`${path} is not a file.`);
  return { type: 'FILE', name, path: found };
}

async function downloadFiles(args: string[], print: (text: string) => void): Promise<void> {
  const options = { from: { type: 'string' }, dir: { type: 'string', default: '.' } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  await withClient(async (client, signal) => {
    const globs = positionals.length === 0 ? [undefined] : positionals;
    const lists = await Promise.all(globs.map((name) => client.listArtifacts({ from: values.from, name }, signal)));
    const inputs = [...new Map(lists.flat().map((input) => [input.artifactId, input])).values()];
    if (inputs.length === 0) throw new Error('No task that has succeeded has left such files.');
    await mkdir(values.dir, { recursive: true });
    await downloadInputs(values.dir, inputs, client, signal);
    for (const { name } of inputs) print(`downloaded ${join(values.dir, name)}\n`);
  });
}

async function withClient(work: (client: JobClient, signal: AbortSignal) => Promise<void>): Promise<void> {
  const { SLIPWAY_JOB_URL: url, SLIPWAY_JOB_ID: jobId, SLIPWAY_JOB_TOKEN: token } = inheritedEnvironment();
  if (!url || !jobId || !token) {
    throw new Error(
      'This command works only in a job: SLIPWAY_JOB_URL, SLIPWAY_JOB_ID and SLIPWAY_JOB_TOKEN are not set.',
    );
  }
  const http = new HttpClient(url);
  const over = new AbortController();
  const client = new JobClient({
    server: url,
    watch: (call) => call(),
    http,
    job: { jobId, token },
    stale: (message) => over.abort(new ArtifactFailure('UPLOAD_FAILED', message)),
    // Logs are the agent's.
    share: () => Promise.reject(new Error('a command has no log of its own')),
  });
  try {
    await work(client, over.signal);
  } finally {
    http.close();
  }
}
