/** A person. How a person logs in is the identity provider's business; Slipway has no passwords. */
export interface User {
  readonly id: string;
  readonly name: string;
  /** In lower case. Never changed: it is what a person's first login is recognised by. */
  readonly email: string;
  /** Who the person is for the identity provider; both null until the first login. */
  readonly identityIssuer: string | null;
  readonly identitySubject: string | null;
  /** When the token was issued that the groups from the identity provider were last taken from. */
  readonly claimsIssuedAt: Date | null;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly updatedAt: Date;
  /** Deleted people keep their row: what they did stays readable, and their tokens don't make a new user. */
  readonly deletedAt: Date | null;
}
