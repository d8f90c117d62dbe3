import { Select, TextField } from '../../parts/Field';
import type { StartVariableFragment } from './generated';

interface VariableFieldProps {
  readonly variable: StartVariableFragment;
  /** Empty: the default applies. */
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (value: string) => void;
}

/** A field for the type and the allowed values of a variable. */
export function VariableField({ variable, value, problem, onChange }: VariableFieldProps) {
  const { name, type, description, required, defaultValue, allowedValues, allowMultipleValues } = variable;
  const several = allowMultipleValues && allowedValues ? `Several of: ${allowedValues.join(', ')}.` : undefined;
  const hint = [description, several, defaultValue !== null && defaultValue !== '' && `Default: ${defaultValue}`]
    .filter(Boolean)
    .join(' ');
  const shared = { label: name, problem, required, hint: hint === '' ? undefined : hint, value };
  const choices = type === 'boolean' ? ['true', 'false'] : allowMultipleValues ? null : allowedValues;
  if (choices === null) {
    return (
      <TextField
        {...shared}
        inputMode={type === 'number' ? 'decimal' : undefined}
        placeholder={defaultValue ?? undefined}
        spellCheck={false}
        autoComplete="off"
        onChange={({ target }) => onChange(target.value)}
      />
    );
  }
  const none = defaultValue === null ? (required ? 'Choose …' : 'No value') : `Default: ${defaultValue}`;
  return (
    <Select
      {...shared}
      options={[{ value: '', label: none }, ...choices.map((choice) => ({ value: choice, label: choice }))]}
      onChange={({ target }) => onChange(target.value)}
    />
  );
}
