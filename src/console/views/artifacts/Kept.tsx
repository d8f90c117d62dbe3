import { Icon } from '../../parts/Icon';
import { Time } from '../../parts/Time';
import styles from './Artifacts.module.css';
import type { ArtifactListRowFragment } from './generated';
import { deletionWords, holdWords } from './words';

type KeptProps = Pick<ArtifactListRowFragment, 'holds' | 'pin' | 'expiresAt' | 'deletedAt' | 'deletion'>;

/** How long an artifact is kept, and by what. */
export function Kept({ artifact }: { readonly artifact: KeptProps }) {
  const { holds, pin, expiresAt, deletedAt, deletion } = artifact;
  if (deletedAt !== null)
    return (
      <span className={styles.gone} title={deletion === null ? undefined : deletionWords(deletion)}>
        <Icon name="close" />
        <span>
          Deleted <Time at={deletedAt} />
        </span>
      </span>
    );
  if (pin !== null)
    return (
      <span className={styles.kept} title={[`Pinned by ${pin.by.name}`, pin.note].filter(Boolean).join(': ')}>
        <Icon name="star" />
        <span>Pinned{pin.note ? `: ${pin.note}` : ` by ${pin.by.name}`}</span>
      </span>
    );
  const [first, ...others] = holds;
  if (first !== undefined)
    return (
      <span className={styles.kept} title={holds.map((hold) => holdWords[hold].whole).join(' ')}>
        <Icon name="link" />
        <span>
          {holdWords[first].short}
          {others.length > 0 && ` and ${others.length} more`}
        </span>
      </span>
    );
  return (
    <span className={styles.quiet}>
      Expires <Time at={expiresAt} />
    </span>
  );
}
