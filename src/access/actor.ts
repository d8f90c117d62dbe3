/** Who asks. Every command gets one, every event and audit record names one. */
export interface Actor {
  readonly kind: 'API_KEY' | 'USER' | 'AGENT' | 'SYSTEM';
  readonly id: string;
  readonly name: string;
  /** May do everything. */
  readonly administrator: boolean;
}

/** The server acting by itself: a timer ran out, a lease was lost, the next stage began. */
export const systemActor: Actor = { kind: 'SYSTEM', id: 'system', name: 'Slipway', administrator: true };
