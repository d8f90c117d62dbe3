import type { ApprovalInput } from '../catalog/language/approvalShape';
import type { InputError } from '../kernel/errors';

/** A value that a person gives to an input of an approval. */
export interface GivenInput {
  readonly name: string;
  readonly value: string;
}

/** Values of a form: the given ones, or the defaults; with every broken rule. An input without either has no value. */
export function readApprovalInputs(
  declared: readonly ApprovalInput[],
  given: readonly GivenInput[],
): { readonly values: Readonly<Record<string, string>>; readonly errors: readonly InputError[] } {
  const values: Record<string, string> = {};
  const errors: InputError[] = [];
  const refuse = (name: string, value: unknown, rule: string, message: string) =>
    errors.push({ field: `inputs.${name}`, value, rule, message: `inputs.${name}: ${message}` });
  const seen = new Map<string, string>();
  for (const { name, value } of given) {
    if (seen.has(name)) refuse(name, value, 'DUPLICATE', 'is given more than once.');
    seen.set(name, value);
    if (declared.some((one) => one.name === name)) continue;
    const known = declared.map((one) => one.name).join(', ') || 'none';
    refuse(name, value, 'UNKNOWN_INPUT', `the approval has no input "${name}"; expected one of ${known}.`);
  }
  for (const { name, choices, defaultValue, required, maxLength } of declared) {
    const value = seen.get(name) ?? defaultValue;
    if (required && (value === null || value.trim() === '')) refuse(name, value, 'REQUIRED', 'needs a value.');
    if (value === null) continue;
    if (choices !== null && !choices.includes(value)) {
      refuse(name, value, 'CHOICES', `"${value}" is not one of: ${choices.join(', ')}.`);
    } else if (maxLength !== null && value.length > maxLength) {
      refuse(name, value.length, 'MAX_LENGTH', `has ${value.length} characters; at most ${maxLength} are allowed.`);
    }
    values[name] = value;
  }
  return { values, errors };
}

/** A rejection takes no values, because nothing could use them. */
export const refuseInputs = (given: readonly GivenInput[]): InputError[] =>
  given.map(({ name, value }) => {
    const message = `inputs.${name}: a rejection takes no inputs.`;
    return { field: `inputs.${name}`, value, rule: 'NOT_ALLOWED', message };
  });

/** Values in the order of the form, for events and records. */
export const listInputs = (
  declared: readonly ApprovalInput[],
  values: Readonly<Record<string, string>> | null,
): GivenInput[] =>
  declared.flatMap(({ name }) => {
    const value = values?.[name];
    return value === undefined ? [] : [{ name, value }];
  });

/** Values for the audit trail, which hides texts; a choice is a value of the definition. */
export const auditedInputs = (declared: readonly ApprovalInput[], values: Readonly<Record<string, string>> | null) =>
  listInputs(declared, values).map(({ name, value }) => {
    const isChoice = declared.some((one) => one.name === name && one.type === 'choice');
    return isChoice ? { name, choice: value } : { name, value };
  });
