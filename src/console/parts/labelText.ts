/** Labels as people type them: `key=value`, separated by spaces, commas or lines. */
export const labelsOf = (text: string): string[] => text.split(/[\s,]+/).filter((label) => label !== '');
