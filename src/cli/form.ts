import type { ApprovalInputValue, FormFieldFragment as FormField } from '../client/generated';
import { split } from './pairs';
import type { Ui } from './ui';

const NONE = '(none)';

/** Values for the form of an approval: those of `--input`, and on a terminal those that a person enters. */
export async function fillForm(
  ui: Ui,
  fields: readonly FormField[],
  pairs: readonly string[],
): Promise<ApprovalInputValue[]> {
  const values = pairs.map((pair) => {
    const [name, value] = split(pair, '--input', 'NAME=VALUE');
    return { name, value };
  });
  for (const field of fields.filter(({ name }) => !values.some((one) => one.name === name))) {
    const value = await ask(ui, field);
    if (value !== null) values.push({ name: field.name, value });
  }
  return values;
}

/** Null if the field is left to its default. */
async function ask(ui: Ui, field: FormField): Promise<string | null> {
  const { name, choices, description, required, default: initial } = field;
  const question = description === null ? name : `${name}: ${description}`;
  if (choices !== null) {
    const options = required || initial !== null ? choices : [...choices, NONE];
    const shown = options.map((value) => ({ value, label: value, hint: '' }));
    const chosen = await ui.pick(question, shown, { initial, declined: 'No value was chosen.' });
    return chosen === NONE ? null : chosen;
  }
  const entered = await ui.ask(question, initial ?? '', (value) => problemOf(field, value));
  return entered === '' && initial === null ? null : entered;
}

function problemOf({ required, maxLength }: FormField, value: string): string | undefined {
  if (required && value.trim() === '') return 'A value is required.';
  return maxLength !== null && value.length > maxLength ? `At most ${maxLength} characters.` : undefined;
}

/** `SIZE=large` for each value that was given. */
export const formValues = (fields: readonly Pick<FormField, 'name' | 'value'>[]): string[] =>
  fields.flatMap(({ name, value }) => (value === null ? [] : `${name}=${value.split('\n', 1)[0]}`));

/** Fields of a form: `SIZE (small or large), NOTE`. */
export const formFields = (fields: readonly FormField[]): string =>
  fields
    .map(({ name, choices, required }) => {
      const about = [choices?.join(', ') ?? '', required ? 'required' : ''].filter(Boolean).join('; ');
      return about === '' ? name : `${name} (${about})`;
    })
    .join(', ');
