import { Link } from 'wouter';
import type { UrlState } from '../../data/urlState';
import { classes } from '../../parts/classes';
import { Status } from '../../parts/Status';
import { Duration } from '../../parts/Time';
import type { RunStageFragment } from './generated';
import styles from './Stages.module.css';

export type Element = RunStageFragment;

const urgency = ['FAILED', 'ERROR', 'EXPIRED', 'REJECTED', 'RUNNING', 'WAITING', 'PAUSED', 'ABORTED'];

/** The element that is chosen, or the one that a reader most likely came for. */
export function elementOf(elements: readonly Element[], id: string): Element | undefined {
  const chosen = elements.find((one) => one.pipelineStageElementId === id);
  if (chosen) return chosen;
  const urgent = urgency.flatMap((status) => elements.filter((one) => one.status === status));
  const withTasks = elements.filter((one) => one.__typename === 'WorkflowStageExecution' && one.workflowExecutionId);
  return urgent[0] ?? withTasks.at(-1) ?? elements[0];
}

interface StagesProps {
  readonly stages: readonly Element[];
  readonly selected: Element | undefined;
  readonly url: UrlState;
}

/** Stages in a row, each with its elements. An element is a link that shows its tasks below. */
export function Stages({ stages, selected, url }: StagesProps) {
  const groups = new Map<string, Element[]>();
  for (const one of stages) groups.set(one.pipelineStageName, [...(groups.get(one.pipelineStageName) ?? []), one]);
  return (
    <ol className={styles.stages} aria-label="Stages">
      {[...groups].map(([name, elements], index) => (
        <li key={name} className={styles.stage}>
          <h2 className={styles.name} title={name}>
            <span className={styles.number}>{index + 1}</span> {name}
          </h2>
          {elements.map((one) => (
            <Link
              key={one.pipelineStageElementId}
              href={url.href({ element: one.pipelineStageElementId, task: '' })}
              className={classes(styles.element, one === selected && styles.selected)}
              aria-current={one === selected ? 'true' : undefined}
            >
              <span className={styles.title} title={one.pipelineStepName}>
                {one.pipelineStepName}
              </span>
              <span className={styles.line}>
                <Status status={one.status} />
                <span className={styles.time}>
                  <ElementTime element={one} />
                </span>
              </span>
              {one.__typename === 'WorkflowStageExecution' && (one.environment || one.ignoredFailure) && (
                <span className={styles.where}>
                  {one.environment?.name}
                  {one.ignoredFailure && ' · failure ignored'}
                </span>
              )}
              {one.__typename === 'ApprovalStageExecution' && <span className={styles.where}>approval</span>}
            </Link>
          ))}
        </li>
      ))}
    </ol>
  );
}

function ElementTime({ element: { startedAt, endedAt, status } }: { readonly element: Element }) {
  if (startedAt === null || status === 'SKIPPED') return null;
  if (endedAt === null) return <Duration since={startedAt} />;
  return <Duration ms={Date.parse(endedAt) - Date.parse(startedAt)} />;
}
