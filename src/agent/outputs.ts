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

/** File that a job uploads. */
export interface OutputFile {
  /** Relative, with `/`. */
  readonly name: string;
  /** Path of its content, with all links resolved. */
  readonly path: string;
}

export interface FoundOutputs {
  /** Sorted by name, without duplicates. */
  readonly files: readonly OutputFile[];
  /** Problems with patterns that matched nothing or must not be followed. */
  readonly missing: readonly string[];
  /** Matching names that are links to files outside the job. */
  readonly escaping: readonly string[];
}

/**
 * Files of a working directory that match the patterns. Links are followed only within the directory: a link to a file
 * of the agent's machine would publish that file to everybody who may see the job.
 */
export async function findOutputs(work: string, patterns: readonly string[]): Promise<FoundOutputs> {
  const search = new Search(await realpath(work));
  const missing: string[] = [];
  for (const text of patterns) {
    const pattern = parsePattern(text);
    if (pattern === undefined) missing.push(`"${text}" is not a path within the working directory`);
    else missing.push(...(await search.run(text, pattern)));
  }
  const files = [...search.files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { files, missing, escaping: [...search.escaping] };
}

class Search {
  readonly files = new Map<string, OutputFile>();
  readonly escaping = new Set<string>();
  /** Position in the pattern. */
  private matches = 0;
  private hints: string[] = [];

  constructor(private readonly root: string) {}

  /** Returns the problem, if any. */
  async run(text: string, pattern: ArtifactPattern): Promise<string[]> {
    this.matches = 0;
    this.hints = [];
    if (/[{}[\]?]/.test(text)) this.hints.push('only * and ** are special in a pattern, {}, [] and ? are ordinary');
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
    if (isMatch(pattern, state)) this.hints.push(`${name} is a directory; use "${name}/**" for the files in it`);
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
      this.hints.push(`${name} is a dangling link`);
      return;
    }
    const inside = target.path.startsWith(this.root + sep);
    if (target.isFile) {
      if (!isMatch(pattern, advance(pattern, state, last))) return;
      if (inside) this.add(name, target.path);
      else this.escape(name);
    } else if (inside) await this.enter(pattern, next, target.path, name);
    else this.hints.push(`${name} leads out of the working directory`);
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

/** Undefined for a dangling or circular link. */
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
