const MAX_COMPARED = 1000;

/** Suffix of a message that suggests a similar word, if there is one. */
export function didYouMean(word: string, possible: readonly string[]): string {
  const near = nearest(word, possible);
  return near === undefined ? '' : ` (did you mean "${near}"?)`;
}

/**
 * The word that was probably meant, if one is similar. Compares with a limited number of words, because a source may
 * have thousands.
 */
export function nearest(word: string, possible: readonly string[]): string | undefined {
  if (word.length > 100) return undefined;
  const limit = Math.max(2, Math.floor(word.length / 3));
  let found: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of possible.slice(0, MAX_COMPARED)) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && distance < (found?.distance ?? Infinity)) found = { candidate, distance };
  }
  return found?.candidate;
}

/** Number of letters to insert, delete, replace, or swap with their neighbor to turn one word into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
