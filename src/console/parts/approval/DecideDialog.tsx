import { type FormEvent, useId, useState } from 'react';
import type { ApprovalActionType } from '../../../client/generated';
import { useAction } from '../../data/hooks';
import { Button } from '../Button';
import { Dialog } from '../Dialog';
import { ErrorNote } from '../ErrorNote';
import { Select, TextArea, TextField } from '../Field';
import { Status } from '../Status';
import { toast } from '../Toast';
import { placeOf, stepOf } from './ApprovalCard';
import {
  type ApprovalCardFragment,
  DecideManyApprovalsDocument,
  type DecideManyApprovalsMutation,
  type DecideManyApprovalsMutationVariables,
} from './generated';
import styles from './Approval.module.css';

type Result = NonNullable<DecideManyApprovalsMutation['decideApprovals']>['results'][number];
type FormField = ApprovalCardFragment['inputs'][number];

interface DecideDialogProps {
  readonly approvals: readonly ApprovalCardFragment[];
  readonly action: ApprovalActionType;
  readonly onClose: () => void;
  /** Called once something was decided. */
  readonly onDecided: () => void;
}

/** Most decisions of one request. */
const MOST = 50;

const words = {
  APPROVE: { verb: 'Approve', done: 'Approved' },
  REJECT: { verb: 'Reject', done: 'Rejected' },
} as const;

/** Approves or rejects approvals, with a comment and the values of their forms. Each has its own result. */
export function DecideDialog({ approvals, action, onClose, onDecided }: DecideDialogProps) {
  const form = useId();
  const [comments, setComments] = useState('');
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [results, setResults] = useState<readonly Result[]>();
  const { run, running, error } = useAction(DecideManyApprovalsDocument, { keyed: false });
  const { verb, done } = words[action];
  const [only] = approvals.length === 1 ? approvals : [];
  const asking = action === 'APPROVE' ? approvals.filter(({ inputs }) => inputs.length > 0) : [];

  const decide = async (event: FormEvent) => {
    event.preventDefault();
    if (running) return;
    const answers: Result[] = [];
    for (let at = 0; at < approvals.length; at += MOST) {
      const decisions = approvals
        .slice(at, at + MOST)
        .map((approval) => decisionOf(approval, action, comments, values));
      const data = await run({ input: { decisions } });
      if (data === undefined) break;
      answers.push(...(data.decideApprovals?.results ?? []));
    }
    if (answers.some(({ success }) => success)) onDecided();
    if (answers.length < approvals.length) {
      if (answers.length > 0) setResults(answers);
      return;
    }
    if (answers.some(({ success }) => !success)) return setResults(answers);
    toast(summaryOf(answers, done));
    onClose();
  };
  return (
    <Dialog
      title={only ? `${verb} ${stepOf(only)}` : `${verb} ${approvals.length} approvals`}
      onClose={onClose}
      actions={
        results ? (
          <Button kind="main" onClick={onClose}>
            Close
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button kind={action === 'APPROVE' ? 'main' : 'danger'} type="submit" form={form} busy={running}>
              {verb}
            </Button>
          </>
        )
      }
    >
      {results ? (
        <Results approvals={approvals} results={results} done={done} />
      ) : (
        <form id={form} className={styles.form} onSubmit={(event) => void decide(event)}>
          {only ? (
            <p className={styles.quiet}>{placeOf(only)}</p>
          ) : (
            <ul className={styles.chosen}>
              {approvals.map((approval) => (
                <li key={approval.approvalId}>
                  <strong>{stepOf(approval)}</strong> <span className={styles.quiet}>{placeOf(approval)}</span>
                </li>
              ))}
            </ul>
          )}
          {action === 'REJECT' && (
            <p>{only ? 'The run ends as rejected.' : 'The runs end as rejected.'} Resume a run to be asked again.</p>
          )}
          {asking.map((approval) => (
            <fieldset key={approval.approvalId} className={styles.fields}>
              <legend className={only ? 'quiet' : undefined}>Form of {stepOf(approval)}</legend>
              {approval.inputs.map((field) => {
                const key = keyOf(approval, field);
                return (
                  <InputField
                    key={key}
                    field={field}
                    value={values[key] ?? field.value ?? field.default ?? ''}
                    onChange={(value) => setValues((before) => ({ ...before, [key]: value }))}
                  />
                );
              })}
            </fieldset>
          ))}
          <TextArea
            label="Comment"
            hint="Shown with the decision."
            maxLength={5000}
            value={comments}
            onChange={(event) => setComments(event.target.value)}
          />
          <ErrorNote error={error} />
        </form>
      )}
    </Dialog>
  );
}

const keyOf = ({ approvalId }: ApprovalCardFragment, { name }: FormField) => `${approvalId} ${name}`;

function decisionOf(
  approval: ApprovalCardFragment,
  action: ApprovalActionType,
  comments: string,
  values: Readonly<Record<string, string>>,
): DecideManyApprovalsMutationVariables['input']['decisions'][number] {
  const { approvalId, digest, run, inputs } = approval;
  const given = inputs.flatMap((field) => {
    const value = values[keyOf(approval, field)] ?? field.value ?? field.default;
    return value === null || value === '' ? [] : [{ name: field.name, value }];
  });
  return {
    ...{ action, approvalId, digest, executionId: run.id, applicationId: run.application?.id ?? '' },
    ...(comments.trim() !== '' && { comments: comments.trim() }),
    ...(action === 'APPROVE' && given.length > 0 && { inputs: given }),
  };
}

interface InputFieldProps {
  readonly field: FormField;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function InputField({ field, value, onChange }: InputFieldProps) {
  const { name, description, required, choices, maxLength } = field;
  const shared = { label: name, hint: description ?? undefined, required, value };
  if (choices !== null) {
    const options = [{ value: '', label: 'Choose …' }, ...choices.map((one) => ({ value: one, label: one }))];
    return <Select {...shared} options={options} onChange={(event) => onChange(event.target.value)} />;
  }
  return (
    <TextField {...shared} maxLength={maxLength ?? undefined} onChange={(event) => onChange(event.target.value)} />
  );
}

function summaryOf(results: readonly Result[], done: string): string {
  const [first] = results;
  const open = results.filter(({ decided }) => !decided);
  if (results.length > 1)
    return `${done} ${results.length}${open.length > 0 ? `; ${open.length} need more votes` : ''}.`;
  return first?.missing ? `${done}. Still needed: ${first.missing}.` : `${done}.`;
}

function Results({
  approvals,
  results,
  done,
}: Pick<DecideDialogProps, 'approvals'> & { readonly results: readonly Result[]; readonly done: string }) {
  return (
    <div role="alert">
      <ul className={styles.chosen}>
        {approvals.map((approval) => {
          const result = results.find(({ approvalId }) => approvalId === approval.approvalId);
          return (
            <li key={approval.approvalId}>
              <div>
                <strong>{stepOf(approval)}</strong> <span className={styles.quiet}>{placeOf(approval)}</span>
              </div>
              {result === undefined ? (
                <span className={styles.quiet}>Not sent. Try again.</span>
              ) : result.success ? (
                <Status status="SUCCESS">{summaryOf([result], done)}</Status>
              ) : (
                <Status status="FAILED">
                  {result.message} <code>{result.code}</code>
                </Status>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
