import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import type { ParallelMode, ResumeDefinition, ResumeGranularity } from '../../client/generated';
import { useAction } from '../data/hooks';
import { Checkbox, Select } from '../parts/Field';
import { toast } from '../parts/Toast';
import { exactText } from '../parts/times';
import type { RunActionProps } from './runAction';
import { ActionFrame, planFrame } from './ActionFrame';
import styles from './actions.module.css';
import {
  ActionResumeDocument,
  type ActionResumeElementFragment,
  type ActionResumePlanFragment,
  ActionResumePreviewDocument,
  ActionResumeWorkflowDocument,
  ActionResumeWorkflowPreviewDocument,
} from './generated';
import {
  AboutRun,
  noOverrides,
  OverrideFields,
  overridesInput,
  PlanPart,
  ReasonField,
  Replaced,
  replacedLines,
} from './PlanParts';
import { type Planned, usePlan } from './usePlan';

interface Choices {
  readonly stage: string;
  readonly parallelMode: ParallelMode;
  readonly granularity: ResumeGranularity;
  readonly definition: ResumeDefinition;
  readonly force: boolean;
  readonly askInputs: boolean;
}

const first: Choices = {
  stage: '',
  parallelMode: 'ALL',
  granularity: 'STAGE',
  definition: 'PINNED',
  force: false,
  askInputs: false,
};

/** Resume of a pipeline's run or of a standalone workflow: what runs, what is kept, and who is asked again. */
export function ResumeDialog(props: RunActionProps) {
  return props.run.__typename === 'PipelineExecution' ? <ResumePipeline {...props} /> : <ResumeWorkflow {...props} />;
}

function ResumePipeline(props: RunActionProps) {
  const { run } = props;
  const [choices, setChoices] = useState(first);
  const [overrides, setOverrides] = useState(noOverrides);
  const { stage, parallelMode, granularity, definition, force, askInputs } = choices;
  const named = run.resumability.stages.find(({ elementId }) => elementId === stage);
  const input = {
    applicationId: run.application?.id ?? '',
    pipelineExecutionId: run.id,
    pipelineStageName: named?.name,
    pipelineStageElementId: named?.elementId,
    parallelMode,
    granularity,
    definition,
    force: force || undefined,
    askRuntimeInputs: askInputs || undefined,
    ...overridesInput(overrides),
  };
  const planned = usePlan({
    document: ActionResumePreviewDocument,
    variables: { input },
    planOf: (data) => data.resumePreview,
    linesOf,
  });
  const action = useAction(ActionResumeDocument);
  const send = (more: More) => action.run({ input: { ...input, ...more } });
  const stages = [...new Map(run.resumability.stages.map((one) => [one.name, one])).values()];
  return (
    <Resume {...props} planned={planned} action={action} send={send} overrides={overrides} onOverrides={setOverrides}>
      <div className={styles.fields}>
        <Select
          label="From"
          value={stage}
          onChange={({ target }) => setChoices({ ...choices, stage: target.value })}
          options={[
            { value: '', label: 'First stage that did not succeed' },
            ...stages
              .filter(({ resumable }) => resumable)
              .map(({ elementId, name }) => ({ value: elementId, label: name })),
          ]}
        />
        <Select
          label="Runs again"
          value={`${parallelMode} ${granularity}`}
          onChange={({ target }) => {
            const [mode, tasks] = target.value.split(' ') as [ParallelMode, ResumeGranularity];
            setChoices({ ...choices, parallelMode: mode, granularity: tasks });
          }}
          options={[
            { value: 'ALL STAGE', label: 'The whole stage' },
            { value: 'FAILED_ONLY STAGE', label: 'Elements that failed, with all their tasks' },
            { value: 'FAILED_ONLY TASK', label: 'Tasks that failed, and what depends on them' },
          ]}
        />
      </div>
      <details className={styles.more}>
        <summary>More options</summary>
        <DefinitionFields choices={choices} onChange={setChoices} plan={planned.plan} />
        <Checkbox
          label="Ask for runtime inputs again"
          checked={askInputs}
          onChange={({ target }) => setChoices({ ...choices, askInputs: target.checked })}
        />
      </details>
    </Resume>
  );
}

function ResumeWorkflow(props: RunActionProps) {
  const { run } = props;
  const [choices, setChoices] = useState(first);
  const [again, setAgain] = useState({ rerunIgnoredFailures: false, reevaluateSkipped: false });
  const [overrides, setOverrides] = useState(noOverrides);
  const input = {
    applicationId: run.application?.id ?? '',
    workflowExecutionId: run.id,
    definition: choices.definition,
    force: choices.force || undefined,
    rerunIgnoredFailures: again.rerunIgnoredFailures || undefined,
    reevaluateSkipped: again.reevaluateSkipped || undefined,
    ...overridesInput(overrides),
  };
  const planned = usePlan({
    document: ActionResumeWorkflowPreviewDocument,
    variables: { input },
    planOf: (data) => data.resumeWorkflowPreview,
    linesOf,
  });
  const action = useAction(ActionResumeWorkflowDocument);
  const send = (more: More) => action.run({ input: { ...input, ...more } });
  return (
    <Resume {...props} planned={planned} action={action} send={send} overrides={overrides} onOverrides={setOverrides}>
      <details className={styles.more}>
        <summary>More options</summary>
        <DefinitionFields choices={choices} onChange={setChoices} plan={planned.plan} />
        <Checkbox
          label="Run tasks again whose failure was ignored"
          checked={again.rerunIgnoredFailures}
          onChange={({ target }) => setAgain({ ...again, rerunIgnoredFailures: target.checked })}
        />
        <Checkbox
          label="Decide again about skipped tasks"
          checked={again.reevaluateSkipped}
          onChange={({ target }) => setAgain({ ...again, reevaluateSkipped: target.checked })}
        />
      </details>
    </Resume>
  );
}

interface DefinitionFieldsProps {
  readonly choices: Choices;
  readonly onChange: (choices: Choices) => void;
  readonly plan: ActionResumePlanFragment | undefined;
}

function DefinitionFields({ choices, onChange, plan }: DefinitionFieldsProps) {
  const incompatible = plan?.changes.some((change) => change.incompatible) ?? false;
  return (
    <>
      <Select
        label="Definition"
        value={choices.definition}
        onChange={({ target }) => onChange({ ...choices, definition: target.value as ResumeDefinition, force: false })}
        options={[
          { value: 'PINNED', label: 'The one that the run used so far' },
          { value: 'LATEST', label: 'The newest one' },
        ]}
      />
      {(incompatible || choices.force) && (
        <Checkbox
          label="Resume in spite of incompatible changes"
          checked={choices.force}
          onChange={({ target }) => onChange({ ...choices, force: target.checked })}
        />
      )}
    </>
  );
}

interface More {
  readonly planToken: string | null | undefined;
  readonly reason: string | undefined;
}

interface ResumeProps extends RunActionProps {
  readonly planned: Planned<ActionResumePlanFragment>;
  readonly action: { readonly running: boolean; readonly error: Parameters<typeof ActionFrame>[0]['error'] };
  readonly send: (more: More) => Promise<object | undefined>;
  readonly overrides: typeof noOverrides;
  readonly onOverrides: (overrides: typeof noOverrides) => void;
  readonly children: ReactNode;
}

function Resume({ run, onClose, planned, action, send, overrides, onOverrides, children }: ResumeProps) {
  const [reason, setReason] = useState('');
  const [, navigate] = useLocation();
  const { plan } = planned;
  const codes = new Set(plan?.refusals.map(({ code }) => code));
  const confirm = async () => {
    const done = await send({ planToken: plan?.planToken, reason: reason.trim() || undefined });
    if (done === undefined) return planned.renew(true);
    toast('The run resumes.');
    navigate(`/runs/${run.id}`, { replace: true });
  };
  return (
    <ActionFrame
      title="Resume the run"
      about={<AboutRun run={run} />}
      onClose={onClose}
      label="Resume"
      {...planFrame(planned, action)}
      onConfirm={() => void confirm()}
    >
      {children}
      {plan && <ResumePlan plan={plan} />}
      <OverrideFields
        value={overrides}
        onChange={onOverrides}
        movedOn={codes.has('ENVIRONMENT_MOVED_ON')}
        frozen={codes.has('ENVIRONMENT_FROZEN') || (plan?.freezes.length ?? 0) > 0}
      />
      <ReasonField value={reason} onChange={setReason} />
    </ActionFrame>
  );
}

const placeOf = ({ stageName, stepName }: ActionResumeElementFragment) => `${stageName} / ${stepName}`;

function ResumePlan({ plan }: { readonly plan: ActionResumePlanFragment }) {
  const { willRun, kept, tasksThatRun, tasksKept, finallyTasks, askedAgain, changes, replaced, freezes } = plan;
  const denied = plan.environmentAccess.filter(({ allowed }) => !allowed);
  return (
    <>
      <PlanPart title="Runs">
        {[
          ...willRun.map((element) => (
            <li key={element.elementId}>
              <strong>{placeOf(element)}</strong>
              {element.tasksThatRun.length > 0 && (
                <span className={styles.tasks}>{element.tasksThatRun.join(', ')}</span>
              )}
              {element.tasksKept.length > 0 && (
                <span className={styles.tasks}>keeps {element.tasksKept.join(', ')}</span>
              )}
              {element.finallyTasks.length > 0 && (
                <span className={styles.tasks}>then {element.finallyTasks.join(', ')}</span>
              )}
            </li>
          )),
          ...tasksThatRun.map((task) => (
            <li key={task}>
              <strong>{task}</strong>
            </li>
          )),
          ...finallyTasks.map((task) => (
            <li key={`finally ${task}`}>
              <strong>{task}</strong>
              <span className={styles.quiet}>at the end</span>
            </li>
          )),
        ]}
      </PlanPart>
      <PlanPart title="Keeps its result">
        {[
          ...kept.map((element) => <li key={element.elementId}>{placeOf(element)}</li>),
          ...tasksKept.map((task) => <li key={task}>{task}</li>),
        ]}
      </PlanPart>
      <PlanPart title="Asks people again">
        {askedAgain.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </PlanPart>
      <Replaced replaced={replaced} />
      <PlanPart title="Waits for freezes">
        {freezes.map(({ environmentId, environment, freeze, until }) => (
          <li key={environmentId}>
            <strong>{environment}</strong>
            <span>
              {freeze.name}: {freeze.reason}
            </span>
            <span className={styles.quiet}>
              {until === null ? 'no end is known' : `until ${exactText(Date.parse(until))}`}
            </span>
          </li>
        ))}
      </PlanPart>
      <PlanPart title="Changes of the definition">
        {changes.map(({ message, incompatible }) => (
          <li key={message}>
            {message} {incompatible && <strong>Concerns something that is kept.</strong>}
          </li>
        ))}
      </PlanPart>
      <PlanPart title="Environments that you may not use">
        {denied.map(({ environment, message }) => (
          <li key={environment?.id ?? message}>
            <strong>{environment?.name}</strong> {message}
          </li>
        ))}
      </PlanPart>
    </>
  );
}

function linesOf(plan: ActionResumePlanFragment): string[] {
  const { willRun, kept, tasksThatRun, tasksKept, askedAgain, replaced, freezes, refusals } = plan;
  return [
    ...willRun.map(
      (one) => `runs ${placeOf(one)}${one.tasksThatRun.length > 0 ? `: ${one.tasksThatRun.join(', ')}` : ''}`,
    ),
    ...kept.map((one) => `keeps ${placeOf(one)}`),
    ...tasksThatRun.map((task) => `runs ${task}`),
    ...tasksKept.map((task) => `keeps ${task}`),
    ...askedAgain.map((name) => `asks again: ${name}`),
    ...replacedLines(replaced),
    ...freezes.map(({ environment, freeze }) => `waits in ${environment}: ${freeze.name}`),
    ...refusals.map(({ message }) => message),
  ];
}
