import type { App } from '../app';
import type { Period } from './deliveries.store';

const HOUR_MS = 3_600_000;

/** How long deliveries that become pending now are retried. */
export function retryPeriod({ clock, config }: App): Period {
  const now = clock.now();
  return { now, giveUpAt: new Date(now.getTime() + config.SLIPWAY_WEBHOOK_RETRY_HOURS * HOUR_MS) };
}
