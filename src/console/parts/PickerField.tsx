import { Field } from './Field';
import { type Choice, Picker } from './Picker';

interface PickerFieldProps {
  readonly label: string;
  /** Shown while nothing is chosen. */
  readonly empty: string;
  readonly choices: readonly Choice[];
  readonly value: readonly string[];
  readonly onChange: (value: readonly string[]) => void;
  readonly multiple?: boolean;
  readonly loading?: boolean;
  readonly hint?: string;
  readonly problem?: string | undefined;
  readonly required?: boolean;
}

/** A `Picker` as a field of a form. */
export const PickerField = ({ label, empty, hint, problem, required, ...rest }: PickerFieldProps) => (
  <Field label={label} hint={hint} problem={problem} required={required}>
    {({ id }) => <Picker {...rest} label={empty} id={id} wide />}
  </Field>
);
