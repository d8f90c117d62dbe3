import { field, listOf, optional, orNull } from '../../kernel/fields';
import { exportStatus, KEPT_HOURS, MOST_EXECUTIONS } from '../../runs/exports/executionExport';
import { ExecutionFilterInput } from '../executions/executions.inputs';
import { mutationInput, mutationPayload, objectType } from '../graphql/described.types';

const exportFields = {
  requestId: field.key('ID of the export.'),
  status: field.oneOf(exportStatus, 'Status of the export.'),
  totalExecutions: field.integer(
    'Number of executions that match the filters, without the workflow executions of pipeline executions.',
  ),
  triggeredAt: field.time('Time of the request.'),
  statusLink: field.text(
    'URL of the status, as JSON with the same fields. Needs no API key. A path if `SLIPWAY_PUBLIC_URL` is not set.',
  ),
  downloadLink: field.text(
    'URL of the archive once the status is READY; until then, it returns EXPORT_NOT_READY, and after a failure EXPORT_FAILED. Needs no API key, so keep it secret. A path if `SLIPWAY_PUBLIC_URL` is not set.',
  ),
  expiresAt: field.time(`Time at which the archive is deleted: ${KEPT_HOURS} hours after the request.`),
  errorMessage: orNull(field.text('Reason why the export FAILED. Otherwise null.')),
};

export const ExecutionExport = objectType('ExecutionExport', 'Export of executions.', exportFields);

export const ExportExecutionsInput = mutationInput('ExportExecutionsInput', 'Executions to export.', {
  filters: optional(
    listOf(
      field.object(
        () => ExecutionFilterInput,
        `Filters that must all match, as for \`executions\`. Defaults to all executions. At most ${MOST_EXECUTIONS} executions may match.`,
      ),
    ),
  ),
});
export const ExportExecutionsPayload = mutationPayload(
  'ExportExecutionsPayload',
  'Result of `exportExecutions`.',
  exportFields,
);
