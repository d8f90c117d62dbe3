import { useCallback, useEffect, useRef, useState } from 'react';
import type { ApiError } from '../../../client/apiError';
import type { MoveJobsInput } from '../../../client/generated';
import { asApiError, server } from '../../data/server';
import { ConsoleMoveJobsDocument } from './generated';
import { idOf, type Queue, type QueueRow } from './useQueue';

export interface Moves {
  /** Moves a row in front of the row with this index; the length of the list stands for its end. */
  readonly moveTo: (id: string, index: number) => void;
  readonly moveToEnd: (ids: readonly string[], to: 'TOP' | 'BOTTOM') => void;
  /** Refusal of the last move, with the ids of the jobs that are now next to its place. */
  readonly refused: ApiError | undefined;
  readonly dismiss: () => void;
  /** What happened, for screen readers. */
  readonly announced: string;
}

/**
 * Moves of rows: shown at once, and sent one after the other, so that a row can be moved several places by as many
 * keys. After the last one, the order is read again.
 */
export function useMoves({ rows, reorder, hold, release }: Queue): Moves {
  const [refused, setRefused] = useState<ApiError>();
  const [announced, setAnnounced] = useState('');
  const sent = useRef<Promise<unknown>>(Promise.resolve());
  const latest = useRef(rows);
  useEffect(() => {
    latest.current = rows;
  }, [rows]);

  const send = useCallback(
    (input: MoveJobsInput, said: string) => {
      setRefused(undefined);
      hold();
      sent.current = sent.current
        .then(() => server.ask(ConsoleMoveJobsDocument, { input }))
        .then(
          () => setAnnounced(said),
          (problem: unknown) => {
            const error = asApiError(problem);
            setAnnounced(`Not moved. ${error.message}`);
            setRefused(error);
          },
        )
        .finally(release);
    },
    [hold, release],
  );
  const moveTo = useCallback(
    (id: string, index: number) => {
      const list = latest.current;
      const at = list.findIndex((row) => idOf(row) === id);
      const row = list[at];
      if (row === undefined || index < 0 || index > list.length || index === at || index === at + 1) return;
      const [next, previous] = [list[index], list[index - 1]];
      const rest = list.filter((one) => one !== row);
      const place = index > at ? index - 1 : index;
      const order = rest.toSpliced(place, 0, row);
      latest.current = order;
      reorder(order);
      const neighbor = next === undefined ? { after: previous && idOf(previous) } : { before: idOf(next) };
      send({ jobIds: [id], ...neighbor }, `${row.task.name}: row ${place + 1} of ${order.length}.`);
    },
    [reorder, send],
  );
  const moveToEnd = useCallback(
    (ids: readonly string[], to: 'TOP' | 'BOTTOM') => {
      const chosen = latest.current.filter((row) => ids.includes(idOf(row)));
      const name = chosen.length === 1 ? chosen[0]?.task.name : `${chosen.length} jobs`;
      send({ jobIds: [...ids], to }, `${name} moved to the ${to === 'TOP' ? 'top' : 'bottom'}.`);
    },
    [send],
  );
  const dismiss = useCallback(() => setRefused(undefined), []);
  return { moveTo, moveToEnd, refused, dismiss, announced };
}

/** Names of the jobs that are now next to the place from which a refused move began. */
export function neighborsOf(error: ApiError, rows: readonly QueueRow[]): string | undefined {
  const { previous, next } = (error.details.neighbors ?? {}) as { previous?: string | null; next?: string | null };
  const nameOf = (id: string | null | undefined) => rows.find((row) => id != null && idOf(row) === id)?.task.name;
  const [above, below] = [nameOf(previous), nameOf(next)];
  if (above !== undefined && below !== undefined) return `Its place was between ${above} and ${below}.`;
  if (below !== undefined) return `Its place was in front of ${below}, which is next now.`;
  return above === undefined ? undefined : `Its place was behind ${above}.`;
}
