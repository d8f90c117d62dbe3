/** One change of a subject. `from` is null for something that was not there, `to` for something that is gone. */
export interface SubjectChange {
  readonly what: string;
  readonly from: string | null;
  readonly to: string | null;
}
