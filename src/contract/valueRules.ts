/** Required form of a variable's value where a command could execute it: anything, one plain word, or a number. */
export const valueRules = ['any', 'word', 'number'] as const;
export type ValueRule = (typeof valueRules)[number];

const word = /^[A-Za-z0-9_.,:/@%+-]*$/;
const number = /^[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?)$/;

/** True if a value follows a rule. */
export const follows = (value: string, rule: ValueRule): boolean =>
  rule === 'any' || (rule === 'word' ? word : number).test(value);
