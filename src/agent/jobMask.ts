import type { ClaimedJob } from '../contract/agentProtocol';
import type { JobFacts } from '../contract/jobFacts';
import { type Mask, SecretMask } from './secretMask';
import { TokenMask } from './tokenMask';

/** Hides the secrets of a job and its tokens. A command can read the file that has the token of its claim. */
export function maskOf(job: ClaimedJob): Mask {
  const { secrets, token, artifactToken } = job;
  const tokens = artifactToken === null ? [token] : [artifactToken, token];
  const mask = SecretMask.of([...Object.values(secrets), ...credentialsOf(job)], tokens);
  return mask ?? new TokenMask(tokens);
}

/** Secrets that only the agent uses. */
const credentialsOf = ({ container, services, checkout }: ClaimedJob): string[] => [
  ...[container, ...services].flatMap((one) => one?.credentials?.password ?? []),
  ...[checkout?.credentials?.password, checkout?.credentials?.sshKey].filter((one) => one != null),
];

/** Hides secrets in the texts of facts; commits and digests are none. Patterns only identify the condition. */
export function maskFacts({ container, services, checkout }: JobFacts, mask: Mask): JobFacts {
  const hide = (text: string | null) => text && mask.hide(text);
  return {
    container: container && { ...container, image: mask.hide(container.image) },
    services: services.map((one) => ({ ...one, image: mask.hide(one.image) })),
    checkout: checkout && {
      ...checkout,
      ...{ url: mask.hide(checkout.url), ref: hide(checkout.ref), note: hide(checkout.note) },
      changes: checkout.changes?.map((one) => ({ ...one, example: hide(one.example) })) ?? null,
    },
  };
}
