import type { Metrics } from '../../kernel/metrics';
import type { NoteOperation } from '../graphql/operationEnds';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** Names of operations that are counted individually. Clients choose names, so later ones count as `other`. */
const MOST_NAMES = 200;

/** Counts operations by name, kind and error code, on this process. */
export function countOperations(metrics: Metrics): NoteOperation {
  const operations = metrics.counter({
    name: 'slipway_graphql_operations_total',
    help: 'GraphQL operations by name, kind and code: OK or the code of the first error. A subscription counts when it begins.',
    labels: ['operation', 'kind', 'code'],
  });
  const durations = metrics.histogram(
    {
      name: 'slipway_graphql_operation_duration_seconds',
      help: 'Time for queries and mutations, by name and kind.',
      labels: ['operation', 'kind'],
    },
    SECONDS,
  );
  const names = new Set<string>();
  const known = (name: string) => {
    if (names.has(name)) return name;
    if (names.size === MOST_NAMES) return 'other';
    names.add(name);
    return name;
  };
  return ({ name, kind, milliseconds, errors }) => {
    const operation = kind === null ? 'invalid' : name === null ? 'anonymous' : known(name);
    const code = errors.length === 0 ? 'OK' : String(errors[0]?.extensions?.code ?? 'INTERNAL');
    operations.inc({ operation, kind: kind ?? 'none', code });
    if (kind === 'query' || kind === 'mutation') durations.observe({ operation, kind }, milliseconds / 1000);
  };
}
