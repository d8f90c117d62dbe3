/** Names that become arguments of git, checked with the definition and by the agent. */

const refPattern = /^(?![-+./])(?!.*(?:\.\.|@\{|\/\/|\.lock$))[^\s~^:?*[\\\p{Cc}]{1,250}$/u;
/** True for a branch, a tag, a full name such as refs/pull/1/head, or a commit: one name, never an option or a pair. */
export const isRef = (value: string): boolean => refPattern.test(value);

/**
 * Protocol of a repository: that of its URL, `ssh` for `git@HOST:PATH`, `file` for a path. Null for an option, and for
 * `ext::…` and other helpers, which run programs.
 */
export function protocolOf(url: string): string | null {
  if (!/^[^-\s]\S*$/.test(url) || /^[A-Za-z0-9+.-]*::/.test(url)) return null;
  const [, scheme] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url) ?? [];
  if (scheme !== undefined) return scheme.toLowerCase();
  return /^[^/:]+:/.test(url) ? 'ssh' : 'file';
}

/** True if a URL contains a password. */
export const hasPassword = (url: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/[^/@]*:[^/]*@/i.test(url);
