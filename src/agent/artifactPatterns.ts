/**
 * Patterns of files to upload: relative paths with `/`. `*` matches any characters within one name; `**`, as a whole
 * name, any number of directories, including none. Names that begin with a dot match like all others, so that a
 * `.htaccess` is never missed. Matching takes bounded time because patterns come from users: it never tries ways to
 * divide a name or a path, as a regular expression does.
 */
export type ArtifactPattern = readonly string[];

/** Undefined if the pattern leads out of the working directory, or nowhere. */
export function parsePattern(text: string): ArtifactPattern | undefined {
  if (text.startsWith('/') || /[\\\0]/.test(text)) return undefined;
  const names = text.split('/').filter((name) => name !== '.');
  if (names.length === 0 || names.some((name) => name === '' || name === '..')) return undefined;
  // `dist/**` means the files below dist, not a file named dist.
  return names.at(-1) === '**' ? [...names, '*'] : names;
}

/** Relative paths without `..`, empty parts, backslash or NUL: valid as a path on any machine. */
export function isArtifactName(name: string): boolean {
  return !/[\\\0]/.test(name) && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/**
 * True if a link of this name stays within the working directory, even if its target passes through other links: `..`
 * occurs only at the beginning, where the folders are real, and at most as often as the link is deep.
 */
export function isLinkTarget(name: string, target: string): boolean {
  const parts = target.split('/');
  const up = parts.findIndex((part) => part !== '..');
  const down = up === -1 ? [] : parts.slice(up);
  const depth = name.split('/').length - 1;
  const isPlain = target === '.' || down.every((part) => part !== '' && part !== '.' && part !== '..');
  return isPlain && parts.length - down.length <= depth && !/[\\\0]/.test(target);
}

/**
 * Possible positions in a pattern after some names of a path. A walk of a directory tree visits only directories in
 * which something can match.
 */
export type PatternState = ReadonlySet<number>;

export const startState = (pattern: ArtifactPattern): PatternState => skipAny(pattern, [0]);

export function advance(pattern: ArtifactPattern, state: PatternState, name: string): PatternState {
  const stay = [...state].filter((at) => pattern[at] === '**');
  return skipAny(pattern, [...stay, ...namedNext(pattern, state, name)]);
}

/**
 * The same for a name that is a link to a directory. `**` does not go through links, so each followed link uses up a
 * part of the pattern, and circular links end after a few rounds.
 */
export const advanceThroughLink = (pattern: ArtifactPattern, state: PatternState, name: string): PatternState =>
  skipAny(pattern, namedNext(pattern, state, name));

function namedNext(pattern: ArtifactPattern, state: PatternState, name: string): number[] {
  return [...state].flatMap((at) => {
    const part = pattern[at];
    return part !== undefined && part !== '**' && matchesName(part, name) ? [at + 1] : [];
  });
}

export const isMatch = (pattern: ArtifactPattern, state: PatternState): boolean => state.has(pattern.length);

/** True if something below a directory in this state can match. */
export const leadsOn = (pattern: ArtifactPattern, state: PatternState): boolean =>
  [...state].some((at) => at < pattern.length);

export function matchesPattern(pattern: ArtifactPattern, path: string): boolean {
  let state = startState(pattern);
  for (const name of path.split('/')) state = advance(pattern, state, name);
  return isMatch(pattern, state);
}

/** `**` may match nothing. */
function skipAny(pattern: ArtifactPattern, positions: readonly number[]): PatternState {
  const state = new Set(positions);
  for (const at of state) if (pattern[at] === '**') state.add(at + 1);
  return state;
}

/** Backtracking to the last star is enough: the last star can take anything that an earlier one could take. */
export function matchesName(pattern: string, name: string): boolean {
  let inPattern = 0;
  let inName = 0;
  let star = -1;
  let starName = 0;
  while (inName < name.length) {
    if (pattern[inPattern] === '*') {
      star = inPattern++;
      starName = inName;
    } else if (pattern[inPattern] === name[inName]) {
      inPattern++;
      inName++;
    } else if (star >= 0) {
      inPattern = star + 1;
      inName = ++starName;
    } else return false;
  }
  while (pattern[inPattern] === '*') inPattern++;
  return inPattern === pattern.length;
}
