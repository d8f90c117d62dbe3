import type { Event } from './events';

/** Maps workflow executions to the names of their stage elements, as queries and events give them. */
export class Steps {
  private readonly known = new Map<string, string>();
  private readonly stageOf = new Map<string, unknown>();
  private readonly nameOfStage = new Map<unknown, string>();
  private held: readonly Event[] = [];

  /** The name of the element; null for the run itself. */
  of(executionId: string): string | null {
    return this.known.get(executionId) ?? this.nameOfStage.get(this.stageOf.get(executionId)) ?? null;
  }

  learn(executionId: string, step: string): void {
    this.known.set(executionId, step);
  }

  /**
   * Events that can be shown once this one has arrived: events of a workflow are held back until the event that names
   * its stage element.
   */
  inOrder(event: Event): Event[] {
    const { type, executionId, data } = event;
    if (type === 'STAGE_STATUS') this.nameOfStage.set(data.stageExecutionId, String(data.stepName));
    if (type === 'EXECUTION_CREATED' && data.stageExecutionId) this.stageOf.set(executionId, data.stageExecutionId);
    const waiting = [...this.held, event];
    const isNameless = (one: Event) => this.stageOf.has(one.executionId) && this.of(one.executionId) === null;
    this.held = waiting.filter(isNameless);
    // The event with the name comes first.
    return waiting.filter((one) => !isNameless(one)).sort((a, b) => Number(b === event) - Number(a === event));
  }
}
