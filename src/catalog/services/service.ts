/** A thing that gets deployed. An environment holds one image of it at a time. */
export interface Service {
  readonly id: string;
  readonly applicationId: string;
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly updatedAt: Date;
  readonly deletedAt: Date | null;
}
