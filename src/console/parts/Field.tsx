import { type ComponentProps, type ReactNode, useId } from 'react';
import styles from './Field.module.css';

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly problem?: string | undefined;
  readonly required?: boolean;
}

interface Ids {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': true | undefined;
  readonly required: boolean;
}

/** A label, a hint and a problem around a control. */
export function Field({
  label,
  hint,
  problem,
  required = false,
  children,
}: FieldProps & { readonly children: (ids: Ids) => ReactNode }) {
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, problem !== undefined && `${id}-problem`].filter(Boolean);
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
        {required && <span className={styles.required}> (required)</span>}
      </label>
      {children({
        id,
        'aria-describedby': described.length > 0 ? described.join(' ') : undefined,
        'aria-invalid': problem === undefined ? undefined : true,
        required,
      })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p id={`${id}-problem`} className={styles.problem} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

type Control<Of extends 'input' | 'select' | 'textarea'> = FieldProps & Omit<ComponentProps<Of>, 'className' | 'id'>;

export const TextField = ({ label, hint, problem, required, ...rest }: Control<'input'>) => (
  <Field {...{ label, hint, problem, required }}>
    {(ids) => <input {...rest} {...ids} className={styles.control} />}
  </Field>
);

export const TextArea = ({ label, hint, problem, required, ...rest }: Control<'textarea'>) => (
  <Field {...{ label, hint, problem, required }}>
    {(ids) => <textarea rows={3} {...rest} {...ids} className={styles.area} />}
  </Field>
);

interface Option {
  readonly value: string;
  readonly label: string;
}

export const Select = ({
  label,
  hint,
  problem,
  required,
  options,
  ...rest
}: Control<'select'> & { readonly options: readonly Option[] }) => (
  <Field {...{ label, hint, problem, required }}>
    {(ids) => (
      <select {...rest} {...ids} className={styles.control}>
        {options.map(({ value, label: text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    )}
  </Field>
);

interface CheckboxProps extends Omit<ComponentProps<'input'>, 'className' | 'type'> {
  readonly label: ReactNode;
}

export const Checkbox = ({ label, ...rest }: CheckboxProps) => (
  <label className={styles.check}>
    <input {...rest} type="checkbox" />
    <span>{label}</span>
  </label>
);
