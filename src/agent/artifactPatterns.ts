/**
 * Which files a job leaves behind: relative paths with `/`, in which `*` stands for any characters within one name and `**`, as a whole
 * name, for any number of folders, also none. Nothing else is special, and names that begin with a dot are names like all others: a
 * site's `.htaccess` that a pattern silently leaves out would be missed in production only.
 *
 * The patterns come from people, so the time is bounded for each of them: neither names nor paths are matched by trying
 * out ways to divide them, which a regular expression does and some patterns make endless.
 */
export type ArtifactPattern = readonly string[];

/** Undefined when the pattern leads out of the working folder, or to nowhere. */
export function parsePattern(text: string): ArtifactPattern | undefined {
  if (text.startsWith('/') || /[\\\0]/.test(text)) return undefined;
  const names = text.split('/').filter((name) => name !== '.');
  if (names.length === 0 || names.some((name) => name === '' || name === '..')) return undefined;
  // `dist/**` means the files below dist, not a file with the name dist.
  return names.at(-1) === '**' ? [...names, '*'] : names;
}

/** Relative paths without `..`, empty parts, backslash or NUL: what may become a path on any machine. */
export function isArtifactName(name: string): boolean {
  return !/[\\\0]/.test(name) && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/**
 * How far into a pattern one can be after some names of a path. Walking a folder tree with it visits only folders in which something can
 * match.
 */
export type PatternState = ReadonlySet<number>;

export const startState = (pattern: ArtifactPattern): PatternState => skipAny(pattern, [0]);

export function advance(pattern: ArtifactPattern, state: PatternState, name: string): PatternState {
  const stay = [...state].filter((at) => pattern[at] === '**');
  return skipAny(pattern, [...stay, ...namedNext(pattern, state, name)]);
}

/**
 * The same for a name that is a link to a folder: `**` does not go through links. So each link that is followed uses up a part of the pattern, and
 * links that lead in a circle lead on for a few rounds only.
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

/** Whether something below a folder that has led to this state can match. */
export const leadsOn = (pattern: ArtifactPattern, state: PatternState): boolean =>
  [...state].some((at) => at < pattern.length);

export function matchesPattern(pattern: ArtifactPattern, path: string): boolean {
  let state = startState(pattern);
  for (const name of path.split('/')) state = advance(pattern, state, name);
  return isMatch(pattern, state);
}

/** `**` may stand for nothing. */
function skipAny(pattern: ArtifactPattern, positions: readonly number[]): PatternState {
  const state = new Set(positions);
  for (const at of state) if (pattern[at] === '**') state.add(at + 1);
  return state;
}

/** Going back to the last star only is enough: what an earlier one could take more, the last one can take as well. */
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
