import type { Removal } from '../../contract/labels';
import type { Transaction } from '../../kernel/database/database';
import { markRemoved } from './agents.store';
import { topic } from '../../kernel/database/wakeups';
import { withdrawOffers } from '../queue/enqueue.store';
import { findOffersOf, voidLeases } from '../queue/jobs.store';

/** Removes all agents that a registration token has registered. */
export async function removeAgentsOfToken(
  db: Transaction,
  tokenId: string,
  removal: Removal,
  now: Date,
): Promise<void> {
  for (const id of await markRemoved(db, tokenId, removal, now)) {
    await endClaims(db, id, removal, now);
    db.wake(topic.agent(id));
  }
  db.wake(topic.agents, topic.queue);
}

/** Takes back what a removed agent was offered and, with LOSE, what it runs. */
export async function endClaims(db: Transaction, agentId: string, removal: Removal, now: Date): Promise<void> {
  const offers = await findOffersOf(db, agentId);
  if (offers.length > 0) await withdrawOffers(db, offers);
  if (removal === 'LOSE') await voidLeases(db, agentId, now);
}
