import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
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
import { isErrno } from '../kernel/errno';

/** Object that a job uploads. Its name is relative, with `/`; its path has all links resolved. */
export type OutputFile =
  | { readonly type: 'FILE' | 'FOLDER'; readonly name: string; readonly path: string }
  /** The target is relative to the folder of the link, and within the working directory. */
  | { readonly type: 'LINK'; readonly name: string; readonly target: string };

export interface FoundOutputs {
  /** Files, links and empty folders, sorted by name, without duplicates. */
  readonly files: readonly OutputFile[];
  /** Problems with patterns that matched no file or must not be followed. */
  readonly missing: readonly string[];
  /** Matching names that are links out of the working directory. */
  readonly escaping: readonly string[];
}

/**
 * Files of a working directory that match the patterns. Links are followed only within the directory: a link to a file
 * of the agent's machine would publish that file to everybody who may see the job.
 */
export async function findOutputs(work: string, patterns: readonly string[]): Promise<FoundOutputs> {
  const search = new Search(await realpath(work));
  const ofPatterns: (readonly [string, PatternMatches | undefined])[] = [];
  for (const text of patterns) {
    const pattern = parsePattern(text);
    ofPatterns.push([text, pattern && (await search.run(pattern))]);
  }
  const resolved = await search.resolveLinks();
  const missing = ofPatterns.flatMap(([text, matches]) => {
    if (matches === undefined) return [`"${text}" is not a path within the working directory`];
    if (matches.files > 0 || matches.links.some((name) => resolved.has(name))) return [];
    const ordinary = /[{}[\]?]/.test(text) ? ['only * and ** are special in a pattern, {}, [] and ? are ordinary'] : [];
    return [[`nothing matches "${text}"`, ...ordinary, ...matches.hints].join('; ')];
  });
  const files = [...search.files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { files, missing, escaping: [...search.escaping] };
}

interface PatternMatches {
  files: number;
  readonly links: string[];
  readonly hints: string[];
}

interface FoundLink {
  readonly path: string;
  /** Undefined for a dangling or circular link. */
  readonly target: LinkTarget | undefined;
}

interface LinkTarget {
  readonly path: string;
  readonly isFile: boolean;
}

class Search {
  readonly files = new Map<string, OutputFile>();
  readonly escaping = new Set<string>();
  private readonly links = new Map<string, FoundLink>();
  private matches: PatternMatches = { files: 0, links: [], hints: [] };

  constructor(private readonly root: string) {}

  async run(pattern: ArtifactPattern): Promise<PatternMatches> {
    this.matches = { files: 0, links: [], hints: [] };
    await this.visit(pattern, startState(pattern), this.root, '');
    return this.matches;
  }

  /**
   * A link stays a link if its target is uploaded, too. Otherwise a link to a file becomes a copy of the file, and any
   * other one stays a dangling link, as in an archive. Returns the names of links to files and of links with an
   * uploaded target.
   */
  async resolveLinks(): Promise<ReadonlySet<string>> {
    const folders = new Set([...this.files.keys(), ...this.links.keys()].flatMap(foldersOf));
    const isUploaded = (name: string) => folders.has(name) || this.files.has(name) || this.links.has(name);
    const resolved = new Set<string>();
    for (const [name, link] of this.links) {
      // A pattern matched through the link, so its name is that of a folder.
      if (folders.has(name)) continue;
      const ways = await this.waysOf(link);
      const way = ways.find(isUploaded);
      if (way !== undefined && link.target !== undefined) {
        resolved.add(name);
        this.files.set(name, { type: 'LINK', name, target: wayFrom(name, way) });
      } else if (link.target?.isFile) {
        resolved.add(name);
        this.files.set(name, { type: 'FILE', name, path: link.target.path });
      } else if (ways[0] === undefined) this.escaping.add(name);
      else this.files.set(name, { type: 'LINK', name, target: wayFrom(name, ways[0]) });
    }
    return resolved;
  }

  /** Names that a link leads to: its direct target, and its final one. */
  private async waysOf({ path, target }: FoundLink): Promise<string[]> {
    const next = resolve(dirname(path), await readlink(path));
    const isNext = target === undefined || (await targetOf(next))?.path === target.path;
    const ways = [...(isNext ? [next] : []), ...(target === undefined ? [] : [target.path])];
    return ways.filter((way) => this.isInside(way)).map((way) => relative(this.root, way));
  }

  private isInside(path: string): boolean {
    return path === this.root || path.startsWith(this.root + sep);
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
    if (isMatch(pattern, state)) await this.addIfEmpty(name, path);
    if (leadsOn(pattern, state)) await this.visit(pattern, state, path, `${name}/`);
  }

  private async follow(
    pattern: ArtifactPattern,
    state: PatternState,
    path: string,
    name: string,
    last: string,
  ): Promise<void> {
    const isNamed = isMatch(pattern, advance(pattern, state, last));
    const next = advanceThroughLink(pattern, state, last);
    if (next.size === 0 && !isNamed) return;
    const target = await targetOf(path);
    if (target === undefined) this.matches.hints.push(`${name} is a dangling link`);
    else if (!this.isInside(target.path)) {
      if (isNamed) this.escape(name);
      else this.matches.hints.push(`${name} leads out of the working directory`);
      return;
    }
    if (isNamed) this.addLink(name, { path, target });
    if (target === undefined || target.isFile) return;
    if (isMatch(pattern, next)) this.matches.hints.push(folderHint(name));
    if (leadsOn(pattern, next)) await this.visit(pattern, next, target.path, `${name}/`);
  }

  private escape(name: string): void {
    this.matches.files++;
    this.escaping.add(name);
  }

  private add(name: string, path: string): void {
    this.matches.files++;
    this.files.set(name, { type: 'FILE', name, path });
  }

  private addLink(name: string, link: FoundLink): void {
    this.matches.links.push(name);
    this.links.set(name, link);
  }

  /** Folders with contents are created with them. A folder alone satisfies no pattern. */
  private async addIfEmpty(name: string, path: string): Promise<void> {
    const isEmpty = (await readdir(path)).length === 0;
    if (isEmpty) this.files.set(name, { type: 'FOLDER', name, path });
    this.matches.hints.push(isEmpty ? `${name} is an empty directory` : folderHint(name));
  }
}

const folderHint = (name: string) => `${name} is a directory; use "${name}/**" for the files in it`;

/** All folders above a name; the working directory is the empty name. */
function foldersOf(name: string): string[] {
  const above = posix.dirname(name);
  return above === '.' ? [''] : [above, ...foldersOf(above)];
}

const wayFrom = (link: string, to: string): string => posix.relative(posix.dirname(link), to) || '.';

/** Undefined for a dangling or circular link. */
async function targetOf(link: string): Promise<LinkTarget | undefined> {
  try {
    const path = await realpath(link);
    const what = await stat(path);
    return what.isFile() || what.isDirectory() ? { path, isFile: what.isFile() } : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP', 'ENOTDIR')) return undefined;
    throw error;
  }
}
