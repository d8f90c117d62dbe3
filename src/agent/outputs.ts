import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import {
  type ArtifactPattern,
  advance,
  advanceThroughLink,
  isMatch,
  leadsOn,
  type PatternState,
  parsePattern,
  startState,
} from './artifactPatterns';
import { isErrno } from './sessions';

/** A file that a job leaves behind. */
export interface OutputFile {
  /** Relative, with `/`. */
  readonly name: string;
  /** Where its bytes are, with all links followed. */
  readonly path: string;
}

export interface FoundOutputs {
  /** By name, each once. */
  readonly files: readonly OutputFile[];
  /** What is to be said of patterns that have matched nothing, or must not be followed. */
  readonly missing: readonly string[];
  /** Names that match and are links to files that do not belong to the job. */
  readonly escaping: readonly string[];
}

/**
 * The files of a working folder that the patterns name. Links are followed within the folder only: a link to a file of the agent's machine
 * would publish that file to everybody who may see the job.
 */
export async function findOutputs(work: string, patterns: readonly string[]): Promise<FoundOutputs> {
  const search = new Search(await realpath(work));
  const missing: string[] = [];
  for (const text of patterns) {
    const pattern = parsePattern(text);
    if (pattern === undefined) missing.push(`"${text}" is not a path within the working folder`);
    else missing.push(...(await search.run(text, pattern)));
  }
  const files = [...search.files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { files, missing, escaping: [...search.escaping] };
}

class Search {
  readonly files = new Map<string, OutputFile>();
  readonly escaping = new Set<string>();
  /** Of the pattern that is looked for. */
  private matches = 0;
  private hints: string[] = [];

  constructor(private readonly root: string) {}

  /** Answers what is wrong, if anything. */
  async run(text: string, pattern: ArtifactPattern): Promise<string[]> {
    this.matches = 0;
    this.hints = [];
    await this.visit(pattern, startState(pattern), this.root, '');
    return this.matches > 0 ? [] : [[`nothing matches "${text}"`, ...this.hints].join('; ')];
  }

  private async visit(pattern: ArtifactPattern, state: PatternState, folder: string, prefix: string): Promise<void> {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const name = prefix + entry.name;
      const path = join(folder, entry.name);
      const next = advance(pattern, state, entry.name);
      if (entry.isFile()) {
        if (isMatch(pattern, next)) this.add(name, path);
      } else if (entry.isDirectory()) {
        await this.enter(pattern, next, path, name);
      } else if (entry.isSymbolicLink()) {
        await this.follow(pattern, state, path, name, entry.name);
      }
    }
  }

  private async enter(pattern: ArtifactPattern, state: PatternState, path: string, name: string): Promise<void> {
    if (isMatch(pattern, state)) this.hints.push(`${name} is a folder, "${name}/**" are the files in it`);
    if (leadsOn(pattern, state)) await this.visit(pattern, state, path, `${name}/`);
  }

  private async follow(
    pattern: ArtifactPattern,
    state: PatternState,
    path: string,
    name: string,
    last: string,
  ): Promise<void> {
    const next = advanceThroughLink(pattern, state, last);
    if (next.size === 0 && !isMatch(pattern, advance(pattern, state, last))) return;
    const target = await targetOf(path);
    if (target === undefined) {
      this.hints.push(`${name} is a link to nothing`);
      return;
    }
    const inside = target.path.startsWith(this.root + sep);
    if (target.isFile) {
      if (!isMatch(pattern, advance(pattern, state, last))) return;
      if (inside) this.add(name, target.path);
      else this.escape(name);
    } else if (inside) await this.enter(pattern, next, target.path, name);
    else this.hints.push(`${name} leads out of the working folder`);
  }

  private escape(name: string): void {
    this.matches++;
    this.escaping.add(name);
  }

  private add(name: string, path: string): void {
    this.matches++;
    this.files.set(name, { name, path });
  }
}

/** Undefined for a link that leads nowhere, or round in a circle. */
async function targetOf(link: string): Promise<{ path: string; isFile: boolean } | undefined> {
  try {
    const path = await realpath(link);
    const what = await stat(path);
    return what.isFile() || what.isDirectory() ? { path, isFile: what.isFile() } : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP', 'ENOTDIR')) return undefined;
    throw error;
  }
}
