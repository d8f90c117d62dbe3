import type { ClaimedJob } from '../contract/agentProtocol';
import { type Mask, SecretMask } from './secretMask';
import { TokenMask } from './tokenMask';

/** Hides the secrets of a job and its token. */
export function maskOf(job: ClaimedJob): Mask | undefined {
  const { secrets, artifactToken } = job;
  const plain = artifactToken === null ? [] : [artifactToken];
  const mask = SecretMask.of([...Object.values(secrets), ...credentialsOf(job)], plain);
  return mask ?? (artifactToken === null ? undefined : new TokenMask(artifactToken));
}

/** Secrets that only the agent uses. */
const credentialsOf = ({ container, services, checkout }: ClaimedJob): string[] => [
  ...[container, ...services].flatMap((one) => one?.credentials?.password ?? []),
  ...[checkout?.credentials?.password, checkout?.credentials?.sshKey].filter((one) => one != null),
];
