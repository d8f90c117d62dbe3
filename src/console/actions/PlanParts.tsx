import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Checkbox, TextField } from '../parts/Field';
import { Status } from '../parts/Status';
import { Time } from '../parts/Time';
import styles from './actions.module.css';
import type { ActionReplacedFragment, ActionRunFragment } from './generated';
import { definitionName, unnamed } from '../parts/definitionName';

/** What the run is, and how it stands now. */
export const AboutRun = ({ run }: { readonly run: ActionRunFragment }) => (
  <div className={styles.about}>
    <p className={styles.aboutLine}>
      <Status status={run.status} as="badge" />
      <Link href={`/runs/${run.id}`}>
        {run.application?.name ?? unnamed('application')} / {definitionName(run)}
      </Link>
      <span className={styles.quiet}>
        attempt {run.attempt}, started <Time at={run.createdAt} />
      </span>
    </p>
    {run.failureDetails && <p className={styles.why}>{run.failureDetails}</p>}
  </div>
);

/** A part of a plan: a title, with the number of its lines, and the lines. Renders nothing without lines. */
export function PlanPart({
  title,
  note,
  children,
}: {
  readonly title: string;
  readonly note?: ReactNode;
  readonly children: readonly ReactNode[];
}) {
  if (children.length === 0) return null;
  return (
    <section className={styles.part}>
      <h3>
        {title} <span className={styles.count}>{children.length}</span>
      </h3>
      {note && <p className={styles.quiet}>{note}</p>}
      <ul className={styles.lines}>{children}</ul>
    </section>
  );
}

/** The tag or digest of an image, whole on hover. */
export const ImageTag = ({ image }: { readonly image: string | null | undefined }) =>
  image == null ? <span className={styles.quiet}>nothing</span> : <code title={image}>{shortImage(image)}</code>;

/** `registry.example/team/web:1.4` → `web:1.4`; a digest is cut to 12 characters. */
export function shortImage(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  return last.replace(/@sha256:([0-9a-f]{12})[0-9a-f]*$/, '@$1');
}

export const FromTo = ({ from, to }: { readonly from: ReactNode; readonly to: ReactNode }) => (
  <span className={styles.fromTo}>
    {from}
    <span aria-hidden="true">→</span>
    <span className="quiet">becomes</span>
    {to}
  </span>
);

export const Replaced = ({ replaced }: { readonly replaced: readonly ActionReplacedFragment[] }) => (
  <PlanPart title="Replaces newer deployments" note="Runs that started later deployed these.">
    {replaced.map(({ environment, environmentId, serviceId, service, image, deployed }) => (
      <li key={`${environmentId} ${serviceId}`}>
        <strong>
          {service} in {environment}
        </strong>
        <FromTo from={<ImageTag image={deployed.image} />} to={<ImageTag image={image} />} />
        <span className={styles.quiet}>
          <Link href={`/runs/${deployed.runId}`}>its run</Link>, <Time at={deployed.deployedAt} />
        </span>
      </li>
    ))}
  </PlanPart>
);

export const replacedLines = (replaced: readonly ActionReplacedFragment[]): string[] =>
  replaced.map(
    ({ service, environment, image, deployed }) =>
      `replaces ${service} in ${environment}: ${deployed.image} → ${image}`,
  );

/** Choices about what is in the way, which appear once they are needed. */
export interface Overrides {
  readonly overrule: boolean;
  readonly unfreeze: boolean;
  readonly unfreezeReason: string;
}

export const noOverrides: Overrides = { overrule: false, unfreeze: false, unfreezeReason: '' };

/** The choices as the API's inputs have them. */
export const overridesInput = ({ overrule, unfreeze, unfreezeReason }: Overrides) => ({
  overrule: overrule || undefined,
  overrideFreeze: unfreeze && unfreezeReason.trim() !== '' ? { reason: unfreezeReason.trim() } : undefined,
});

interface OverrideFieldsProps {
  readonly value: Overrides;
  readonly onChange: (value: Overrides) => void;
  readonly movedOn: boolean;
  readonly frozen: boolean;
}

/** Which of these refusals the caller may override. */
export const overridable = (refusals: readonly { readonly code: string }[] = []) => ({
  movedOn: refusals.some(({ code }) => code === 'ENVIRONMENT_MOVED_ON'),
  frozen: refusals.some(({ code }) => code === 'ENVIRONMENT_FROZEN'),
});

export const OverrideFields = ({ value, onChange, movedOn, frozen }: OverrideFieldsProps) => (
  <>
    {(movedOn || value.overrule) && (
      <Checkbox
        label="Replace newer deployments"
        checked={value.overrule}
        onChange={({ target }) => onChange({ ...value, overrule: target.checked })}
      />
    )}
    {(frozen || value.unfreeze) && (
      <Checkbox
        label="Deploy in spite of the freeze"
        checked={value.unfreeze}
        onChange={({ target }) => onChange({ ...value, unfreeze: target.checked })}
      />
    )}
    {value.unfreeze && (
      <TextField
        label="Reason for deploying in the freeze"
        required
        value={value.unfreezeReason}
        onChange={({ target }) => onChange({ ...value, unfreezeReason: target.value })}
      />
    )}
  </>
);

export const ReasonField = ({
  value,
  onChange,
  required = false,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly required?: boolean;
}) => (
  <TextField
    label="Reason"
    required={required}
    hint="Kept with the run and in the audit trail."
    value={value}
    maxLength={1000}
    onChange={({ target }) => onChange(target.value)}
  />
);
