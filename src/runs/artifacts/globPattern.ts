const LONGEST = 1000;

/**
 * Regular expression of PostgreSQL for a glob: `*` matches within one name, `**` as a whole name any number of
 * directories. Undefined if the glob can match no artifact. It has no back reference, so PostgreSQL matches in linear
 * time. JavaScript would not, so only PostgreSQL may match it.
 */
export function globPattern(glob: string): string | undefined {
  if (glob.length > LONGEST || glob.startsWith('/') || glob.includes('\\')) return undefined;
  const names = glob.split('/').filter((name) => name !== '.');
  if (names.length === 0 || names.some((name) => name === '' || name === '..')) return undefined;
  const parts = names.map((name, index) => {
    const isLast = index === names.length - 1;
    if (name === '**') return isLast ? '.+' : '(?:[^/]+/)*';
    return name.replace(/\*+|[^*]+/g, (text) => (text[0] === '*' ? '[^/]*' : literal(text))) + (isLast ? '' : '/');
  });
  // `s`: a dot matches line ends as well; names may contain them.
  return `(?s)^${parts.join('')}$`;
}

const literal = (text: string): string => text.replace(/[^\p{L}\p{N}_/ -]/gu, '\\$&');
