import { Link } from 'wouter';
import { openAction } from '../../actions/openAction';
import { useData } from '../../data/hooks';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { ErrorNote } from '../../parts/ErrorNote';
import { Copy } from '../../parts/Id';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { Time } from '../../parts/Time';
import styles from './Deployed.module.css';
import { DeployedCellDocument } from './generated';
import { tagOf } from './images';

interface CellDialogProps {
  readonly environmentId: string;
  readonly service: string;
  readonly onClose: () => void;
}

/** Deployments of a service to an environment, newest first, with a way back to each and a way forward. */
export function CellDialog({ environmentId, service, onClose }: CellDialogProps) {
  const { data, error, refresh } = useData(DeployedCellDocument, { environmentId, service });
  const environment = data?.environment;
  const history = environment?.deploymentHistory.nodes ?? [];
  const current = history.find(({ status }) => status === 'SUCCEEDED');
  const promote = environment?.previous && (
    <Button icon="up" onClick={() => openAction('promote', { on: environmentId, services: service })}>
      Promote from {environment.previous.name} …
    </Button>
  );
  return (
    <Dialog
      title={environment === undefined ? service : `${service} in ${environment.name}`}
      size="large"
      onClose={onClose}
      actions={
        <>
          {history.length > 0 && (
            <Button onClick={() => openAction('rollback', { on: environmentId, services: service })}>
              Roll back …
            </Button>
          )}
          {promote}
          <Button onClick={onClose}>Close</Button>
        </>
      }
    >
      <ErrorNote error={error} onRetry={refresh} />
      {environment === undefined ? (
        error === undefined && <Skeleton rows={5} label="Loading deployments" />
      ) : history.length === 0 ? (
        <p>
          {service} has never been deployed to {environment.name}.
        </p>
      ) : (
        <ol className={styles.history} aria-label="Deployments, newest first">
          {history.map((one) => (
            <li key={one.id} className={styles.historyRow}>
              <Status status={one.status} />
              <span className={styles.historyImage}>
                <code title={one.image}>{tagOf(one.image)}</code>
                <Copy text={one.image} label={`Copy ${one.image}`} />
                {one.id === current?.id && <span className={styles.tag}>now</span>}
                {one.drifted && (
                  <span className={styles.tag}>drifted: {one.observed?.image ?? 'nothing'} is running</span>
                )}
              </span>
              <span className={styles.since}>
                <Time at={one.deployedAt} /> by {one.actor.name}
              </span>
              <Link href={`/runs/${one.runId}`}>Run</Link>
              {one.status === 'SUCCEEDED' && one.id !== current?.id && (
                <Button
                  small
                  aria-label={`Roll back to ${tagOf(one.image)}`}
                  onClick={() => openAction('rollback', { on: environmentId, services: service, deployment: one.id })}
                >
                  Roll back …
                </Button>
              )}
            </li>
          ))}
        </ol>
      )}
    </Dialog>
  );
}
