import type { ArtifactListRowFragment } from './generated';

/** What keeps an artifact from being deleted. */
export const holdWords: Readonly<
  Record<ArtifactListRowFragment['holds'][number], { readonly short: string; readonly whole: string }>
> = {
  PERSON: { short: 'Pinned', whole: 'It is pinned: unpin it first.' },
  RUN: { short: 'Held by its run', whole: 'Its run has not ended, so a later task may need it.' },
  APPROVAL: { short: 'Held by an approval', whole: 'An approval of its run waits for a decision.' },
  DEPLOYMENT: {
    short: 'Held by a deployment',
    whole: 'Its run deployed what an environment has, or what a rollback would bring back.',
  },
  RESTORE_POINT: {
    short: 'Held by a restore point',
    whole: 'Its run can still be restored, and the restore may need it.',
  },
};

const reasons: Readonly<Record<NonNullable<ArtifactListRowFragment['deletion']>['reason'], string>> = {
  AGE: 'the retention, because of its age',
  COUNT: 'the retention, because newer runs have left artifacts',
  SIZE: 'the retention, because all artifacts together were too large',
  PERSON: 'a person',
};

export const deletionWords = ({ reason, by }: NonNullable<ArtifactListRowFragment['deletion']>): string =>
  `Deleted by ${reason === 'PERSON' ? by.name : reasons[reason]}.`;
