import { useState } from 'react';
import type { ApiError } from '../../../client/apiError';
import { asApiError, server, serverUrl } from '../../data/server';
import { Button } from '../Button';
import { Icon } from '../Icon';
import styles from './Download.module.css';
import { ConsoleArtifactLinkDocument } from './generated';

interface DownloadProps {
  readonly artifactId: string;
  readonly name: string;
  /** A button that says "Download" in place of the name as a link. */
  readonly button?: boolean;
}

/** Downloads an artifact of any size: a link that works for a short time lets the browser write it to the disk. */
export function Download({ artifactId, name, button = false }: DownloadProps) {
  const [error, setError] = useState<ApiError>();
  const download = async () => {
    try {
      setError(undefined);
      const { artifact } = await server.ask(ConsoleArtifactLinkDocument, { id: artifactId });
      const link = document.createElement('a');
      link.href = new URL(artifact.signedLink.url, `${serverUrl}/`).href;
      link.download = name.split('/').at(-1) ?? name;
      link.click();
    } catch (failure) {
      setError(asApiError(failure));
    }
  };
  return (
    <span className={styles.download}>
      {button ? (
        <Button kind="main" icon="download" onClick={() => void download()}>
          Download
        </Button>
      ) : (
        <button type="button" className={styles.link} title={`Download ${name}`} onClick={() => void download()}>
          <Icon name="download" />
          <span className={styles.name}>{name}</span>
        </button>
      )}
      {error && (
        <span className={styles.error} role="alert">
          {error.message}
        </span>
      )}
    </span>
  );
}
