import { useState } from 'react';
import { useLocation } from 'wouter';
import { useAction, useData } from '../data/hooks';
import { Checkbox, TextField } from '../parts/Field';
import { toast } from '../parts/Toast';
import type { RunActionProps } from './runAction';
import { ActionFrame } from './ActionFrame';
import styles from './actions.module.css';
import { ActionExtendDocument, ActionExtendRunDocument } from './generated';
import { AboutRun, noOverrides, OverrideFields, overridable, overridesInput, ReasonField } from './PlanParts';

/** Extension of a run that succeeded: other images and inputs, for which only what they affect runs again. */
export function ExtendDialog({ run, onClose, refusal }: RunActionProps) {
  const { data, error, refresh } = useData(ActionExtendDocument, { id: run.id });
  const [images, setImages] = useState<Readonly<Record<string, string>>>({});
  const [inputs, setInputs] = useState<Readonly<Record<string, string>>>({});
  const [reason, setReason] = useState('');
  const [debug, setDebug] = useState(false);
  const [overrides, setOverrides] = useState(noOverrides);
  const [, navigate] = useLocation();
  const action = useAction(ActionExtendRunDocument);
  const extended = data?.execution;
  const services = extended?.serviceImages ?? [];
  const variables = (
    extended?.__typename === 'PipelineExecution' ? (extended.pipeline?.pipelineVariables ?? []) : []
  ).filter(({ fixed }) => !fixed);
  const valueOfInput = (name: string, otherwise: string | null) =>
    extended?.inputVariables.find((one) => one.name === name)?.value ?? otherwise ?? '';
  const changedImages = services.flatMap(({ service, serviceId, image }) => {
    const given = images[serviceId]?.trim();
    return given === undefined || given === image || given === ''
      ? []
      : [{ service: service?.name ?? serviceId, image: given }];
  });
  const changedInputs = variables.flatMap(({ name, defaultValue }) =>
    inputs[name] === undefined || inputs[name] === valueOfInput(name, defaultValue)
      ? []
      : [{ name, variableValue: { type: 'NAME' as const, value: inputs[name] } }],
  );
  const nothing = changedImages.length + changedInputs.length === 0;
  const confirm = async () => {
    const done = await action.run({
      input: {
        runId: run.id,
        images: changedImages,
        variableInputs: changedInputs,
        debug: debug || undefined,
        expectedVersion: run.version,
        reason: reason.trim() || undefined,
        ...overridesInput(overrides),
      },
    });
    if (done === undefined) return;
    toast('The run is extended.');
    navigate(`/runs/${run.id}`, { replace: true });
  };
  return (
    <ActionFrame
      title="Add images to the run"
      about={<AboutRun run={run} />}
      onClose={onClose}
      label="Extend"
      loading={extended === undefined}
      planError={error}
      onRetry={refresh}
      running={action.running}
      error={action.error}
      refusals={refusal && [refusal]}
      disabledBecause={refusal?.message ?? (nothing ? 'Change an image or an input first.' : undefined)}
      onConfirm={() => void confirm()}
    >
      <p>
        Only what sees a change runs again, in attempt {run.attempt + 1}; everything else keeps its result. The run can
        be restored to how it is now.
      </p>
      <div className={styles.fields}>
        {services.map(({ serviceId, service, image }) => (
          <TextField
            key={serviceId}
            label={`Image of ${service?.name ?? serviceId}`}
            hint={`Now ${image}`}
            value={images[serviceId] ?? image}
            spellCheck={false}
            onChange={({ target }) => setImages({ ...images, [serviceId]: target.value })}
          />
        ))}
        {variables.map(({ name, description, defaultValue }) => (
          <TextField
            key={name}
            label={name}
            hint={description ?? undefined}
            value={inputs[name] ?? valueOfInput(name, defaultValue)}
            spellCheck={false}
            onChange={({ target }) => setInputs({ ...inputs, [name]: target.value })}
          />
        ))}
      </div>
      <OverrideFields value={overrides} onChange={setOverrides} {...overridable(action.error && [action.error])} />
      <ReasonField value={reason} onChange={setReason} />
      <Checkbox label="Write a debug log" checked={debug} onChange={({ target }) => setDebug(target.checked)} />
    </ActionFrame>
  );
}
