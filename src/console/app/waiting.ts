import { useEffect } from 'react';
import { useData } from '../data/hooks';
import { useLive } from '../data/live';
import { waiting } from '../data/waiting';
import { ConsoleWaitingApprovalsDocument } from './generated';

/** Follows the approvals that wait for the reader, for all pages. */
export function useWaiting(): void {
  const { data, refresh } = useData(ConsoleWaitingApprovalsDocument, {});
  useLive({ kind: 'approvals', all: true }, refresh);
  useEffect(() => waiting.set(new Set(data?.approvals.nodes.map(({ approvalId }) => approvalId))), [data]);
}
