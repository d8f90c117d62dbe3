import type { Look } from '../../parts/statuses';
import type { TriggerRowFragment } from './generated';

type Condition = TriggerRowFragment['condition'];

const sources: Readonly<Record<string, string>> = {
  CUSTOM: 'any program',
  STANDARD: 'Standard Webhooks',
  GITHUB: 'GitHub',
  GITLAB: 'GitLab',
  BITBUCKET: 'Bitbucket',
};
export const sourceText = (source: string): string => sources[source] ?? source.toLowerCase().replaceAll('_', ' ');

const listText = (items: readonly string[]): string => items.map((item) => item.toLowerCase()).join(' or ');

/** What fires a trigger, in words. */
export function conditionText(condition: Condition): string {
  switch (condition.__typename) {
    case 'OnSchedule':
      return condition.cronDescription;
    case 'OnWebhook': {
      const { events, webhookSource } = condition;
      return `Webhook of ${sourceText(webhookSource)}${events.length > 0 ? `: ${events.join(', ')}` : ''}`;
    }
    case 'OnNewArtifact':
      return `New image of ${condition.service ?? condition.repository ?? 'any repository'}`;
    case 'OnPipelineCompletion':
      return `Pipeline ${condition.pipelineName} ends: ${listText(condition.statuses)}`;
    case 'OnWorkflowCompletion':
      return `Workflow ${condition.workflowName} ends: ${listText(condition.statuses)}`;
  }
}

/** Outcomes of firings. Their words differ from those of runs: a refused start is not a failed run. */
export const firingLooks: Readonly<Record<string, Look>> = {
  STARTED: { word: 'Started', tone: 'good', shape: 'check' },
  FILTERED: { word: 'Not wanted', tone: 'calm', shape: 'dash' },
  SKIPPED: { word: 'Skipped', tone: 'calm', shape: 'dash' },
  REFUSED: { word: 'Refused', tone: 'bad', shape: 'cross' },
  FAILED: { word: 'Failed', tone: 'bad', shape: 'alert' },
  PENDING: { word: 'Pending', tone: 'wait', shape: 'waits' },
};

/** What a trigger starts. */
export const targetOf = ({ action }: Pick<TriggerRowFragment, 'action'>) =>
  action.__typename === 'PipelineAction'
    ? { kind: 'pipeline' as const, id: action.pipelineId, name: action.pipelineName }
    : { kind: 'workflow' as const, id: action.workflowId, name: action.workflowName };
