import { useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { usePlan } from '../../actions/usePlan';
import { useAction, useData } from '../../data/hooks';
import { type UrlState, useUrlState } from '../../data/urlState';
import { Button } from '../../parts/Button';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { TextField } from '../../parts/Field';
import { PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { Picker } from '../../parts/Picker';
import { Skeleton } from '../../parts/Skeleton';
import { toast } from '../../parts/Toast';
import {
  StartChoicesDocument,
  StartExecutionPlanDocument,
  StartFromConsoleDocument,
  StartPipelineDocument,
  type StartPlanFragment,
  type StartVariableFragment,
  StartWorkflowDocument,
} from './generated';
import { PlanPanel } from './PlanPanel';
import styles from './Start.module.css';
import { unnamed } from '../../parts/definitionName';
import { VariableField } from './VariableField';

/** Starts a pipeline or workflow. The address holds all values, so that a filled-in form can be sent to somebody. */
export default function Start() {
  const url = useUrlState();
  const choices = useData(StartChoicesDocument, {});
  const pipelineId = url.get('pipeline');
  const workflowId = url.get('workflow');
  const pipeline = useData(StartPipelineDocument, { id: pipelineId }, { pause: pipelineId === '' });
  const workflow = useData(StartWorkflowDocument, { id: workflowId }, { pause: workflowId === '' });
  const found = pipelineId === '' ? workflow : pipeline;
  const chosen = pipelineId || workflowId;
  const target = useMemo<Target | undefined>(() => {
    if (pipelineId !== '' && pipeline.data !== undefined) {
      const { id, name, description, application, pipelineVariables, stages } = pipeline.data.pipeline;
      const services = stages.flatMap(({ elements }) =>
        elements.flatMap((one) => (one.__typename === 'WorkflowStageElement' ? (one.serviceNames ?? []) : [])),
      );
      const kind = 'PIPELINE' as const;
      return {
        id,
        kind,
        name,
        description,
        application,
        variables: pipelineVariables,
        services: [...new Set(services)],
      };
    }
    if (pipelineId !== '' || workflowId === '' || workflow.data === undefined) return undefined;
    const { id, name, description, application, workflowVariables } = workflow.data.workflow;
    return { id, kind: 'WORKFLOW', name, description, application, variables: workflowVariables, services: [] };
  }, [pipelineId, workflowId, pipeline.data, workflow.data]);
  const nodes = [
    ...(choices.data?.pipelines.nodes ?? []).map((one) => ({ ...one, kind: 'pipeline' })),
    ...(choices.data?.workflows.nodes ?? []).map((one) => ({ ...one, kind: 'workflow' })),
  ];
  return (
    <>
      <PageHead title="Start">
        <div className={styles.choice}>
          <Picker
            label="Pipeline or workflow"
            loading={choices.loading}
            choices={nodes.map(({ id, name, kind, application }) => ({
              value: id,
              label: name,
              hint: `${kind} of ${application?.name ?? unnamed('application')}`,
            }))}
            value={chosen === '' ? [] : [chosen]}
            onChange={([id]) => {
              const kind = nodes.find((one) => one.id === id)?.kind;
              url.reset(kind === undefined ? {} : { [kind]: id }, { push: true });
            }}
          />
        </div>
      </PageHead>
      <ErrorNote error={choices.error ?? (chosen === '' ? undefined : found.error)} onRetry={found.refresh} />
      {chosen === '' ? (
        <Panel>
          <Empty icon="start" title="Choose what to start">
            Choose a pipeline or workflow above. Its inputs and the plan of what it would do then appear here.
          </Empty>
        </Panel>
      ) : target === undefined ? (
        found.error === undefined && (
          <Panel>
            <Skeleton label="Loading the inputs" />
          </Panel>
        )
      ) : (
        <StartForm key={target.id} target={target} url={url} />
      )}
    </>
  );
}

interface Target {
  readonly id: string;
  readonly kind: 'PIPELINE' | 'WORKFLOW';
  readonly name: string;
  readonly description: string | null;
  readonly application: { readonly id: string; readonly name: string } | null;
  readonly variables: readonly StartVariableFragment[];
  readonly services: readonly string[];
}

function StartForm({ target, url }: { readonly target: Target; readonly url: UrlState }) {
  const [, navigate] = useLocation();
  const [tried, setTried] = useState(false);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const given = (prefix: string) =>
    [...new URLSearchParams(url.text)].flatMap(([key, value]) =>
      key.startsWith(prefix) ? [{ name: key.slice(prefix.length), value }] : [],
    );
  const images = given('image.');
  const values = given('var.');
  const input = {
    applicationId: target.application?.id ?? '',
    entityId: target.id,
    executionType: target.kind,
    notes: url.get('notes') || undefined,
    serviceInputs: images.map(({ name, value }) => ({ name, image: value })),
    variableInputs: values.map(({ name, value }) => ({ name, variableValue: { type: 'NAME' as const, value } })),
  };
  const planned = usePlan({
    document: StartExecutionPlanDocument,
    variables: { input },
    planOf: (data) => data.executionPlan,
    linesOf: () => [],
  });
  const { plan } = planned;
  const action = useAction(StartFromConsoleDocument);
  // A plan names services and variables that only a later stage or the environment needs.
  const services = namesOf([...target.services], 'serviceInputs.', images, plan);
  const declared = target.variables.filter(({ fixed }) => !fixed);
  const others = namesOf([], 'variableInputs.', values, plan).filter(
    (name) => !target.variables.some((one) => one.name === name),
  );
  const problemOf = (field: string) =>
    tried || touched.has(field)
      ? plan?.problems.find((problem) => problem.field === field && problem.refuses)?.message
      : undefined;
  const change = (key: string, field: string, value: string) => {
    setTouched((before) => new Set([...before, field]));
    url.set({ [key]: value });
  };
  const refused = plan?.problems.filter(({ refuses }) => refuses) ?? [];
  const start = async () => {
    setTried(true);
    if (plan !== undefined && !plan.startable) return;
    const done = await action.run({ input });
    if (done === undefined) return;
    toast(done.startExecution.warningMessage ?? `${target.name} has started.`);
    navigate(`/runs/${done.startExecution.execution.id}`);
  };
  return (
    <div className={styles.columns}>
      <Panel title={`${target.application?.name ?? unnamed('application')} / ${target.name}`}>
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            void start();
          }}
          noValidate
        >
          {target.description && <p>{target.description}</p>}
          {services.map((name) => (
            <TextField
              key={name}
              label={`Image of ${name}`}
              required
              placeholder={`${name}:1.2.0`}
              spellCheck={false}
              autoComplete="off"
              value={url.get(`image.${name}`)}
              problem={problemOf(`serviceInputs.${name}`)}
              onChange={({ target: { value } }) => change(`image.${name}`, `serviceInputs.${name}`, value)}
            />
          ))}
          {declared.map((variable) => (
            <VariableField
              key={variable.name}
              variable={variable}
              value={url.get(`var.${variable.name}`)}
              problem={problemOf(`variableInputs.${variable.name}`)}
              onChange={(value) => change(`var.${variable.name}`, `variableInputs.${variable.name}`, value)}
            />
          ))}
          {others.map((name) => (
            <TextField
              key={name}
              label={name}
              value={url.get(`var.${name}`)}
              problem={problemOf(`variableInputs.${name}`)}
              onChange={({ target: { value } }) => change(`var.${name}`, `variableInputs.${name}`, value)}
            />
          ))}
          <TextField
            label="Note"
            hint="Shown with the run."
            value={url.get('notes')}
            onChange={({ target: { value } }) => url.set({ notes: value })}
          />
          <ErrorNote error={action.error} />
          {tried && refused.length > 0 && (
            <p role="alert" className={styles.refused}>
              {refused[0]?.message}
            </p>
          )}
          <div>
            <Button type="submit" kind="main" icon="start" busy={action.running}>
              Start
            </Button>
          </div>
        </form>
      </Panel>
      <Panel title="Plan">
        <ErrorNote error={planned.error} onRetry={planned.renew} />
        {plan === undefined ? (
          planned.loading && <Skeleton label="Making the plan" rows={6} />
        ) : (
          <PlanPanel plan={plan} />
        )}
      </Panel>
    </div>
  );
}

function namesOf(
  known: readonly string[],
  prefix: string,
  given: readonly { readonly name: string }[],
  plan: StartPlanFragment | undefined,
): string[] {
  const missing = (plan?.problems ?? []).flatMap(({ field, code }) =>
    code === 'REQUIRED' && field?.startsWith(prefix) ? [field.slice(prefix.length)] : [],
  );
  return [...new Set([...known, ...given.map(({ name }) => name), ...missing])];
}
