/** A definition as the server has it. */
export interface Base {
  readonly id: string;
  readonly text: string;
  readonly updatedAt: string;
}
