import { spawnSync } from 'node:child_process';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EndReason } from '../contract/agentProtocol';
import { hasPassword, isRef, protocolOf } from '../contract/gitNames';
import type { JobCheckout } from '../contract/jobContainer';
import type { CheckedOut } from '../contract/jobFacts';
import { matchesPattern, parsePattern } from './artifactPatterns';
import type { RunVisibly } from './containers/images';
import type { JobFolder } from './workplace';

/** A repository could not be checked out. */
export class CheckoutFailed extends Error {
  constructor(
    readonly reason: EndReason,
    message: string,
  ) {
    super(message);
  }
}

/** A longer list of changed files is not read: then everything counts as changed. */
const MAX_LIST_BYTES = 64 * 1024 ** 2;

/**
 * All values are variables, never part of the script. Refs and URLs were checked, so that none begins like an option.
 * A commit that the run has checked out before counts instead of the ref, which may have moved since.
 */
const SCRIPT = `set -eu
git init -q --template= -- "$SLIPWAY_GIT_DIR"
cd -- "$SLIPWAY_GIT_DIR"
git remote add origin "$SLIPWAY_GIT_URL"
depth=--depth=$SLIPWAY_GIT_DEPTH
[ "$SLIPWAY_GIT_DEPTH" != 0 ] || depth=--tags
target=FETCH_HEAD
if [ -n "$SLIPWAY_GIT_COMMIT" ]; then
  target=$SLIPWAY_GIT_COMMIT
  git fetch -q --force "$depth" -- origin "$target" 2>/dev/null || git fetch -q --force --tags -- origin "$SLIPWAY_GIT_REF"
else
  git fetch -q --force "$depth" -- origin "$SLIPWAY_GIT_REF"
fi
git -c advice.detachedHead=false checkout -q --force --detach "$target" --
case $SLIPWAY_GIT_SUBMODULES in
  direct) git submodule --quiet update --init --force --depth 1 ;;
  recursive) git submodule --quiet update --init --force --depth 1 --recursive ;;
esac
git rev-parse --verify 'HEAD^{commit}' >"$SLIPWAY_GIT_RESULT"
if [ -n "$SLIPWAY_GIT_BASE" ]; then
  git cat-file -e "$SLIPWAY_GIT_BASE^{commit}" 2>/dev/null ||
    git fetch -q --depth=1 -- origin "$SLIPWAY_GIT_BASE" 2>/dev/null || exit 0
  git diff --name-only --no-renames --no-ext-diff -z "$SLIPWAY_GIT_BASE" HEAD >"$SLIPWAY_GIT_RESULT.changes"
fi`;

/**
 * Answers git’s questions about the host of the repository only: a submodule may be elsewhere. A question ends with the
 * host. The name of a user comes before it and may contain anything, also something that looks like the end.
 */
export const ASKPASS = `#!/bin/sh
case $1 in
  "Username for '$SLIPWAY_GIT_SCHEME://$SLIPWAY_GIT_HOST': ") printf '%s\\n' "$SLIPWAY_GIT_USERNAME" ;;
  "Password for '$SLIPWAY_GIT_SCHEME://"*"@$SLIPWAY_GIT_HOST': ")
    user=\${1#"Password for '$SLIPWAY_GIT_SCHEME://"}
    case \${user%"@$SLIPWAY_GIT_HOST': "} in
      */*) exit 1 ;;
    esac
    printf '%s\\n' "$SLIPWAY_GIT_PASSWORD" ;;
  *) exit 1 ;;
esac
`;

/** Version of git on this machine; undefined if there is none. */
export function gitVersion(environment: Readonly<Record<string, string>>): string | undefined {
  const { stdout } = spawnSync('git', ['--version'], { env: { ...environment }, encoding: 'utf8' });
  return /^git version (\d+(?:\.\d+)*)/.exec(stdout ?? '')?.[1];
}

export interface CheckoutPlace {
  readonly folder: JobFolder;
  /** Protocols that the configuration allows. */
  readonly protocols: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly run: RunVisibly;
}

/** Checks a repository out into the working folder. Returns the commit, and what has changed since the last success. */
export async function checkOut(checkout: JobCheckout, place: CheckoutPlace): Promise<CheckedOut> {
  const { folder, run } = place;
  const { url, ref, changes } = checkout;
  const result = join(folder.path, 'checkout');
  const directory = directoryOf(checkout, folder.work);
  refuseUnsafe(checkout, place.protocols);
  const keyFile = join(folder.path, 'ssh-key');
  try {
    const env = {
      ...place.environment,
      ...(await access(checkout, folder, keyFile)),
      ...{ GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', GIT_ALLOW_PROTOCOL: place.protocols.join(':') },
      ...{
        SLIPWAY_GIT_DIR: directory,
        SLIPWAY_GIT_URL: url,
        SLIPWAY_GIT_REF: ref ?? 'HEAD',
        SLIPWAY_GIT_RESULT: result,
      },
      ...{ SLIPWAY_GIT_COMMIT: checkout.commit ?? '', SLIPWAY_GIT_BASE: changes?.base ?? '' },
      ...{ SLIPWAY_GIT_DEPTH: String(checkout.depth), SLIPWAY_GIT_SUBMODULES: checkout.submodules },
    };
    const { exitCode, lines } = await run(['/bin/sh', '-c', SCRIPT], env);
    if (exitCode !== 0) throw problemOf(checkout, lines);
  } finally {
    await rm(keyFile, { force: true });
  }
  const commit = (await readFile(result, 'utf8')).trim();
  return { url, ref, commit, ...(await whatChanged(checkout, `${result}.changes`)) };
}

function directoryOf({ path }: JobCheckout, work: string): string {
  const directory = resolve(work, path ?? '.');
  if (directory === work || directory.startsWith(`${work}/`)) return directory;
  throw new CheckoutFailed('CHECKOUT_REFUSED', `The path "${path}" leads out of the working directory of the job.`);
}

const isCommit = (text: string): boolean => /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(text);

function refuseUnsafe({ url, ref, commit, changes }: JobCheckout, protocols: readonly string[]): void {
  const refuse = (message: string) => new CheckoutFailed('CHECKOUT_REFUSED', message);
  const shown = url.slice(0, 200);
  const protocol = protocolOf(url);
  if (protocol === null) throw refuse(`"${shown}" is not the URL of a repository.`);
  if (hasPassword(url)) throw refuse('The URL of the repository contains a password; "credentials" are for secrets.');
  if (!protocols.includes(protocol)) {
    const allow = `SLIPWAY_AGENT_GIT_PROTOCOLS=${[...protocols, protocol].join(',')}`;
    throw refuse(`The protocol ${protocol} of "${shown}" is not allowed on this agent (${allow}).`);
  }
  if (ref !== null && !isRef(ref)) throw refuse(`"${ref.slice(0, 200)}" is not a branch, tag or commit.`);
  for (const one of [commit, changes?.base ?? null]) {
    if (one !== null && !isCommit(one)) throw refuse(`"${one.slice(0, 200)}" is not a commit.`);
  }
}

/** Secrets are in the environment of git and in a file, never among its arguments or in its configuration. */
async function access(
  { url, credentials }: JobCheckout,
  folder: JobFolder,
  keyFile: string,
): Promise<Record<string, string>> {
  const askpass = join(folder.path, 'askpass');
  await writeFile(askpass, ASKPASS, { mode: 0o700 });
  const ssh = 'ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new';
  const { username = '', password = null, sshKey = null } = credentials ?? {};
  if (sshKey !== null) await writeFile(keyFile, `${sshKey.trimEnd()}\n`, { mode: 0o600 });
  const from = password !== null && URL.canParse(url) ? new URL(url) : undefined;
  return {
    GIT_ASKPASS: askpass,
    GIT_SSH_COMMAND: sshKey === null ? ssh : `${ssh} -o IdentitiesOnly=yes -i '${keyFile.replaceAll("'", `'\\''`)}'`,
    SLIPWAY_GIT_SCHEME: from?.protocol.slice(0, -1) ?? ' ',
    SLIPWAY_GIT_HOST: from?.host ?? ' ',
    SLIPWAY_GIT_USERNAME: username,
    SLIPWAY_GIT_PASSWORD: password ?? '',
  };
}

const unauthorized =
  /authentication failed|could not read (?:username|password)|permission denied|terminal prompts disabled|access denied|returned error: 40[13]/i;
const missing =
  /couldn't find remote ref|not our ref|unadvertised object|repository .*not found|does not exist|does not appear to be a git repository|no such ref|reference is not a tree|returned error: 404/i;

function problemOf({ url, ref }: JobCheckout, lines: string): CheckoutFailed {
  const all = lines.split('\n').filter((line) => line.trim() !== '');
  const why = all.findLast((line) => /^(?:fatal|error):/.test(line)) ?? all.at(-1) ?? 'git failed';
  const reason = unauthorized.test(lines)
    ? 'CHECKOUT_UNAUTHORIZED'
    : missing.test(lines)
      ? 'CHECKOUT_NOT_FOUND'
      : 'CHECKOUT_FAILED';
  return new CheckoutFailed(reason, `Could not check out ${ref ?? 'the default branch'} of ${url}: ${why}`);
}

/** What the server wants to know about files. Unknown changes count as changes, with a note. */
async function whatChanged(
  { changes }: JobCheckout,
  file: string,
): Promise<Pick<CheckedOut, 'base' | 'changes' | 'note'>> {
  if (changes === null) return { base: null, changes: null, note: null };
  const { base, patterns } = changes;
  if (base === null) return { base, changes: null, note: 'there was no successful run before' };
  const size = await stat(file).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) {
    const note = `the commit ${base.slice(0, 7)} of the last successful run is no longer in the repository`;
    return { base, changes: null, note };
  }
  if (size > MAX_LIST_BYTES) return { base, changes: null, note: 'too many files changed to compare them' };
  const paths = (await readFile(file, 'utf8')).split('\0').filter((path) => path !== '');
  return { base, changes: patterns.map((pattern) => changeOf(pattern, paths)), note: null };
}

function changeOf(pattern: string, paths: readonly string[]) {
  const parsed = parsePattern(pattern);
  // The name of a folder stands for everything in it.
  const within = parsed && [...parsed, '**', '*'];
  const matching = paths.filter(
    (path) => !parsed || !within || matchesPattern(parsed, path) || matchesPattern(within, path),
  );
  return {
    pattern,
    changed: matching.length > 0,
    files: matching.length,
    example: matching[0]?.slice(0, 1000) ?? null,
  };
}
