import { Status } from '../../parts/Status';
import { Time } from '../../parts/Time';
import type { AgentFactsFragment } from './generated';

type Standing = Pick<AgentFactsFragment, 'state' | 'lastSeenAt' | 'leftAt' | 'pause'>;

/** State of an agent by shape, word and color. */
export const AgentStatus = ({ agent, as }: { readonly agent: Standing; readonly as?: 'text' | 'icon' | 'badge' }) => (
  <Status status={agent.state} as={as} />
);

/** Since when, until when and why, as far as the state has more to say. */
export function StateNote({ agent: { state, lastSeenAt, leftAt, pause } }: { readonly agent: Standing }) {
  switch (state) {
    case 'LOST':
      return (
        <>
          Not heard from since <Time at={lastSeenAt} />. Its jobs are lost when their leases expire.
        </>
      );
    case 'LEFT':
      return (
        <>
          Left <Time at={leftAt} />.
        </>
      );
    case 'DRAINING':
      return <>Finishes its jobs, takes no more, and leaves.</>;
    case 'PAUSED':
      return (
        <>
          Paused by {pause?.by}
          {pause?.note && `: ${pause.note}`}.{' '}
          {pause?.until ? (
            <>
              Ends <Time at={pause.until} />.
            </>
          ) : (
            'Takes no new jobs until somebody resumes it.'
          )}
        </>
      );
    default:
      return null;
  }
}
