import { type ReactNode, useId } from 'react';
import { ApiError } from '../../client/apiError';
import { Button } from './Button';
import { Dialog } from './Dialog';
import { ErrorNote } from './ErrorNote';
import styles from './FormDialog.module.css';

/** The state of a mutation, as `useAction` returns it. */
interface Working {
  readonly running: boolean;
  readonly error: ApiError | undefined;
}

/** What an error says about one field of the input, for the `problem` of its control. */
export type ProblemOf = (field: string) => string | undefined;

interface FormDialogProps {
  readonly title: string;
  /** Label of the main button. */
  readonly label: string;
  readonly onClose: () => void;
  readonly onSubmit: () => void;
  readonly action: Working;
  /** Why it can't be sent yet. */
  readonly disabledBecause?: string | undefined;
  readonly danger?: boolean;
  readonly size?: 'small' | 'medium' | 'large';
  /** Controls of the form. Errors of fields that no control asks for are shown below. */
  readonly children: (problemOf: ProblemOf) => ReactNode;
}

interface BrokenField {
  readonly field?: string;
  readonly message?: string;
}

/** A form in a dialog: sends it, and shows the errors of the API at the fields that caused them. */
export function FormDialog(props: FormDialogProps) {
  const { title, label, onClose, onSubmit, action, disabledBecause, danger = false, size, children } = props;
  const form = useId();
  const { code, details } = action.error ?? {};
  const broken = code === 'INVALID_INPUT' && Array.isArray(details?.errors) ? (details.errors as BrokenField[]) : [];
  const shown = new Set<BrokenField>();
  const problemOf: ProblemOf = (field) => {
    const own = broken.filter((one) => one.field === field || one.field?.match(/^[^.[]+/)?.[0] === field);
    for (const one of own) shown.add(one);
    return own.length === 0 ? undefined : own.map(({ message }) => message).join(' ');
  };
  const controls = children(problemOf);
  const rest = broken.filter((one) => !shown.has(one));
  const note =
    action.error === undefined || (broken.length > 0 && rest.length === 0)
      ? undefined
      : broken.length === 0
        ? action.error
        : new ApiError(action.error.code, rest.map(({ message }) => message).join(' '), false);
  return (
    <Dialog
      title={title}
      size={size}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind={danger ? 'danger' : 'main'}
            type="submit"
            form={form}
            busy={action.running}
            disabledBecause={disabledBecause}
          >
            {label}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!action.running && disabledBecause === undefined) onSubmit();
        }}
      >
        {controls}
        <ErrorNote error={note} />
      </form>
    </Dialog>
  );
}

interface ConfirmDialogProps extends Pick<FormDialogProps, 'title' | 'label' | 'onClose' | 'action'> {
  readonly onConfirm: () => void;
  /** What will happen, and what stays. */
  readonly children: ReactNode;
}

/** Asks before something that can't be undone. */
export const ConfirmDialog = ({ onConfirm, children, ...rest }: ConfirmDialogProps) => (
  <FormDialog {...rest} danger size="small" onSubmit={onConfirm}>
    {() => children}
  </FormDialog>
);
