import { useState } from 'react';
import { Link } from 'wouter';
import { useData } from '../../data/hooks';
import { Button } from '../../parts/Button';
import { Download } from '../../parts/download/Download';
import { Drawer } from '../../parts/Drawer';
import { ErrorNote } from '../../parts/ErrorNote';
import { Copy } from '../../parts/Id';
import { bytesText } from '../../parts/numbers';
import { Report } from '../../parts/reports/Report';
import { Skeleton } from '../../parts/Skeleton';
import { Time } from '../../parts/Time';
import { DeleteDialog, PinDialog, UnpinButton } from './ArtifactDialogs';
import styles from './Artifacts.module.css';
import { ArtifactDetailsDocument, type ArtifactDetailsQuery } from './generated';
import { Kept } from './Kept';
import { isPreviewable, Preview } from './Preview';
import { runOf } from './runOf';
import { deletionWords, holdWords } from './words';

interface ArtifactPanelProps {
  readonly id: string;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

export type ArtifactDetails = NonNullable<ArtifactDetailsQuery['artifact']>;

const kinds = { FILE: 'File', LINK: 'Symbolic link', FOLDER: 'Empty folder' } as const;

/** Everything about one artifact: where it comes from, what keeps it, its content if it is text, and its actions. */
export function ArtifactPanel({ id, onClose, onChanged }: ArtifactPanelProps) {
  const { data, error, refresh } = useData(ArtifactDetailsDocument, { id });
  const artifact = data?.artifact;
  const changed = () => {
    refresh();
    onChanged();
  };
  return (
    <Drawer title={artifact?.name ?? 'Artifact'} onClose={onClose} beside={artifact && <Kept artifact={artifact} />}>
      <ErrorNote error={error} onRetry={refresh} />
      {artifact ? (
        <Details artifact={artifact} onChanged={changed} />
      ) : (
        error === undefined && <Skeleton label="Loading the artifact" rows={6} />
      )}
    </Drawer>
  );
}

function Details({ artifact, onChanged }: { readonly artifact: ArtifactDetails; readonly onChanged: () => void }) {
  const { id, name, size, sha256, type, mode, createdAt, expiresAt, deletedAt, deletion, pin, holds, task } = artifact;
  const run = runOf(artifact);
  return (
    <>
      {deletedAt === null && <Actions artifact={artifact} onChanged={onChanged} />}
      <dl className={styles.facts}>
        <dt>Run</dt>
        <dd>
          <Link href={run.href}>{run.name}</Link>
        </dd>
        <dt>Task</dt>
        <dd>
          <Link href={`/runs/${artifact.execution.id}?task=${task.id}`}>{task.name}</Link>
        </dd>
        <dt>Size</dt>
        <dd>
          {bytesText(size)}
          {size >= 1024 && <span className={styles.quiet}> ({size.toLocaleString('en')} bytes)</span>}
        </dd>
        <dt>Type</dt>
        <dd>
          {kinds[type]}, mode <code>{mode}</code>
        </dd>
        <dt>SHA-256</dt>
        <dd className={styles.digest}>
          <code>{sha256}</code>
          <Copy text={sha256} label="Copy the SHA-256" />
        </dd>
        <dt>Uploaded</dt>
        <dd>
          <Time at={createdAt} />
        </dd>
        {pin && (
          <>
            <dt>Pinned</dt>
            <dd>
              by {pin.by.name}, <Time at={pin.at} />
              {pin.note && <p className={styles.note}>{pin.note}</p>}
            </dd>
          </>
        )}
        {deletion ? (
          <>
            <dt>Deleted</dt>
            <dd>
              <Time at={deletedAt} />. {deletionWords(deletion)}
            </dd>
          </>
        ) : (
          <>
            <dt>Expires</dt>
            <dd>
              {holds.length > 0 ? 'Not while it is held:' : <Time at={expiresAt} />}
              {holds.length > 0 && (
                <ul className={styles.holds}>
                  {holds.map((hold) => (
                    <li key={hold}>{holdWords[hold].whole}</li>
                  ))}
                </ul>
              )}
            </dd>
          </>
        )}
      </dl>
      {isPreviewable(artifact) && <Preview id={id} name={name} address={artifact.downloadUrl} />}
      {task.report && (
        <section aria-label={`Report of ${task.name}`} className={styles.section}>
          <h3>Report of {task.name}</h3>
          <Report report={task.report} level={4} />
        </section>
      )}
    </>
  );
}

function Actions({ artifact, onChanged }: { readonly artifact: ArtifactDetails; readonly onChanged: () => void }) {
  const [asks, setAsks] = useState<'pin' | 'delete'>();
  const { id, name, availableActions, holds } = artifact;
  const find = (action: string) => availableActions.find((one) => one.action === action);
  const whyNot = (action: string) => {
    const found = find(action);
    if (found?.allowed) return undefined;
    if (found?.code === 'ARTIFACT_HELD') return holds.map((hold) => holdWords[hold].whole).join(' ');
    return found?.message ?? 'It is not possible now.';
  };
  const close = () => setAsks(undefined);
  return (
    <div className={styles.actions}>
      <Download artifactId={id} name={name} button />
      {find('pin') && (
        <Button icon="star" disabledBecause={whyNot('pin')} onClick={() => setAsks('pin')}>
          Pin …
        </Button>
      )}
      {find('unpin') && <UnpinButton id={id} disabledBecause={whyNot('unpin')} onDone={onChanged} />}
      <Button kind="danger" icon="close" disabledBecause={whyNot('delete')} onClick={() => setAsks('delete')}>
        Delete …
      </Button>
      {asks === 'pin' && <PinDialog artifact={artifact} onClose={close} onDone={onChanged} />}
      {asks === 'delete' && <DeleteDialog artifact={artifact} onClose={close} onDone={onChanged} />}
    </div>
  );
}
