import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { timeNow } from '../../data/now';
import { classes } from '../classes';
import { Icon } from '../Icon';
import { Person } from '../Person';
import { Markdown } from '../markdown/Markdown';
import { Status } from '../Status';
import { Time } from '../Time';
import type { ApprovalCardFragment } from './generated';
import styles from './Approval.module.css';
import { definitionName, unnamed } from '../definitionName';

interface ApprovalCardProps {
  readonly approval: ApprovalCardFragment;
  /** In front of the title, such as a checkbox. */
  readonly select?: ReactNode;
  /** Buttons that decide it. The status takes their place. */
  readonly actions?: ReactNode;
  /** True on the page of the run, which need not be named. */
  readonly within?: boolean;
  /** A line at the end, such as why the reader can't decide it. */
  readonly children?: ReactNode;
}

const SOON_MS = 3_600_000;

/** Where it was requested, such as `app / release`. */
export const placeOf = ({ run }: ApprovalCardFragment): string =>
  `${run.application?.name ?? unnamed('application')} / ${definitionName(run)}`;

/** Name of the step that asks. */
export const stepOf = ({ stageName, stepName, taskName }: ApprovalCardFragment): string =>
  [...new Set([stageName, stepName, ...(taskName === null ? [] : [taskName])])].join(' / ');

/** What an approval is about: what it deploys and replaces, who has voted, and who still has to. */
export function ApprovalCard({ approval, select, actions, within = false, children }: ApprovalCardProps) {
  const { status, message, run, startedAt, willExpireAt, decidedAt, decidedBy, comments } = approval;
  const waits = status === 'WAITING';
  const soon = waits && Date.parse(willExpireAt) - timeNow() < SOON_MS;
  return (
    <article className={styles.card} aria-label={`${stepOf(approval)} of ${placeOf(approval)}`}>
      <header className={styles.head}>
        {select}
        <div className={styles.title}>
          <h2>{within ? stepOf(approval) : <Link href={`/runs/${run.id}`}>{stepOf(approval)}</Link>}</h2>
          <p className={styles.about}>
            {!within && <span>{placeOf(approval)}</span>}
            <span>
              requested <Time at={startedAt} /> {!within && <Starter cause={run.cause} />}
            </span>
            {waits && (
              <span className={classes(soon && styles.soon)}>
                expires <Time at={willExpireAt} />
              </span>
            )}
          </p>
        </div>
        <div className={styles.actions}>{actions || <Status status={status} as="badge" />}</div>
      </header>
      {message !== null && <Markdown text={message} breaks />}
      <Warnings approval={approval} />
      <Covered approval={approval} />
      <People approval={approval} />
      {!waits && decidedBy !== null && (
        <p className={styles.line}>
          <Status status={status} />
          <span>
            by {decidedBy.name} <Time at={decidedAt} />
          </span>
          {comments && <q className={styles.comment}>{comments}</q>}
        </p>
      )}
      {!waits && <Answers approval={approval} />}
      {children && <p className={styles.quiet}>{children}</p>}
    </article>
  );
}

function Starter({ cause }: { readonly cause: ApprovalCardFragment['run']['cause'] }) {
  switch (cause.__typename) {
    case 'ExecutedByUser':
      return <>by {cause.user?.name ?? 'a deleted user'}</>;
    case 'ExecutedByAPIKey':
      return <>by the key {cause.apiKey.name}</>;
    case 'ExecutedByTrigger':
      return <>by the trigger {cause.trigger?.name ?? 'that was deleted'}</>;
    default:
      return null;
  }
}

function Warnings({ approval: { undecidableSince, changedSince } }: { readonly approval: ApprovalCardFragment }) {
  return (
    <>
      {undecidableSince !== null && (
        <p className={styles.warning}>
          <Icon name="alert" /> Nobody is left who can decide. An administrator can assign it to other groups.
        </p>
      )}
      {changedSince !== null && changedSince.length > 0 && (
        <div className={styles.warning}>
          <Icon name="alert" />
          <div>
            Requested again, because this has changed:
            <ul>
              {changedSince.map(({ what, from, to }) => (
                <li key={what}>
                  {what}: <FromTo from={from} to={to ?? 'nothing'} />
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </>
  );
}

const FromTo = ({ from, to }: { readonly from: string | null; readonly to: string }) => (
  <span className={styles.fromTo}>
    {from === to ? (
      <code>{to}</code>
    ) : (
      <>
        {from === null ? <span className={styles.quiet}>nothing</span> : <del>{from}</del>}
        <span aria-hidden="true">→</span>
        <span className="quiet">becomes</span>
        <ins>{to}</ins>
      </>
    )}
    {from === to && <span className={styles.quiet}>deployed already</span>}
  </span>
);

function Covered({ approval: { subject } }: { readonly approval: ApprovalCardFragment }) {
  if (subject.elements.length === 0) return null;
  return (
    <table className={styles.covered} aria-label="What it lets run">
      <thead className="quiet">
        <tr>
          <th scope="col">Step and environment</th>
          <th scope="col">Images</th>
        </tr>
      </thead>
      <tbody>
        {subject.elements.map(({ elementId, stageName, stepName, environment, services }) => (
          <tr key={elementId}>
            <th scope="row">
              <span>{stageName === stepName ? stepName : `${stageName} / ${stepName}`}</span>
              {environment !== null && <span className={styles.tag}>{environment.name}</span>}
            </th>
            <td>
              {services.length === 0 && <span className={styles.quiet}>deploys no service</span>}
              {services.map(({ serviceId, service, image, replaces }) => (
                <div key={serviceId} className={styles.service}>
                  <strong>{service?.name ?? 'a service'}</strong>
                  <FromTo from={replaces} to={image} />
                </div>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function People({ approval }: { readonly approval: ApprovalCardFragment }) {
  const { votes, missing, requirements, approvers, excluded, escalations, reminders, remindedAt, status } = approval;
  const waits = status === 'WAITING';
  return (
    <div className={styles.people}>
      {votes.length > 0 && (
        <ul className={styles.votes} aria-label="Votes">
          {votes.map(({ action, by, comments, counts, votedAt }) => (
            <li key={`${by.id} ${votedAt}`} className={styles.line}>
              <Status status={action === 'APPROVE' ? 'APPROVED' : 'REJECTED'} as="icon" />
              <Person name={by.name} kind={by.kind === 'API_KEY' ? 'key' : 'person'} />
              <span className={styles.quiet}>
                <Time at={votedAt} />
              </span>
              {!counts && <span className={styles.quiet}>no longer counts</span>}
              {comments && <q className={styles.comment}>{comments}</q>}
            </li>
          ))}
        </ul>
      )}
      {waits && (
        <p className={styles.quiet}>
          {missing === null ? `Assigned to ${approvers.join(', ')}` : `Needs ${missing}`}
          {requirements.some(({ given }) => given > 0) &&
            ` (${requirements.map(({ given, needed }) => `${given} of ${needed}`).join(', ')} so far)`}
          {excluded.length > 0 && <> · can’t be decided by {excluded.join(', ')}</>}
          {reminders > 0 && (
            <>
              {' · '}reminded {reminders === 1 ? 'once' : `${reminders} times`}, last <Time at={remindedAt} />
            </>
          )}
          {escalations.map(({ at, to, taken }) => (
            <span key={at}>
              {' · '}
              {taken ? 'escalated' : 'escalates'} to {to.join(', ')} <Time at={at} />
            </span>
          ))}
        </p>
      )}
    </div>
  );
}

function Answers({ approval: { inputs } }: { readonly approval: ApprovalCardFragment }) {
  const given = inputs.filter(({ value }) => value !== null);
  if (given.length === 0) return null;
  return (
    <dl className={styles.answers}>
      {given.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
