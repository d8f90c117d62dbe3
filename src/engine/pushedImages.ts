/** A new image that a registry announces. */
export interface PushedImage {
  /** Without a tag: `ghcr.io/acme/api`. */
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
  /** Identifies the announcement, if the registry gives it one. */
  readonly id: string | null;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Value at a path; undefined if it is not there. */
function at(value: unknown, ...path: readonly (string | number)[]): Json | undefined {
  let one = value as Json | undefined;
  for (const step of path) {
    if (typeof one !== 'object' || one === null || !Object.hasOwn(one, step)) return undefined;
    one = (one as Record<string | number, Json>)[step];
  }
  return one;
}
const textAt = (value: unknown, ...path: readonly (string | number)[]): string | null => {
  const found = at(value, ...path);
  return typeof found === 'string' && found !== '' ? found : typeof found === 'number' ? String(found) : null;
};
const listAt = (value: unknown, ...path: readonly (string | number)[]): readonly Json[] => {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
};

/**
 * Images that a delivery announces. It may announce several, or none: a deletion, or an event about something else.
 * Every format that is read has its own marks, so the registry need not be known.
 */
export function pushedImages(payload: unknown): PushedImage[] {
  if (textAt(payload, 'push_data', 'tag') !== null) return dockerHub(payload);
  if (at(payload, 'registry_package') !== undefined || at(payload, 'package') !== undefined) return github(payload);
  if (at(payload, 'event_data') !== undefined) return harbor(payload);
  if (textAt(payload, 'specversion') !== null && at(payload, 'data') !== undefined) return harborCloudEvent(payload);
  if (Array.isArray(at(payload, 'events'))) return distribution(payload);
  const repository = textAt(payload, 'repository');
  if (repository === null) return [];
  return [{ repository, tag: textAt(payload, 'tag'), digest: textAt(payload, 'digest'), id: textAt(payload, 'id') }];
}

function dockerHub(payload: unknown): PushedImage[] {
  const name = textAt(payload, 'repository', 'repo_name');
  if (name === null) return [];
  const tag = textAt(payload, 'push_data', 'tag');
  const pushed = textAt(payload, 'push_data', 'pushed_at');
  return [{ repository: `docker.io/${name}`, tag, digest: null, id: pushed && `${name}:${tag}@${pushed}` }];
}

/** `registry_package`, and the older `package`, of GitHub: only containers are images. */
function github(payload: unknown): PushedImage[] {
  const root = at(payload, 'registry_package') ?? at(payload, 'package');
  if (textAt(payload, 'action') === 'deleted') return [];
  if (textAt(root, 'package_type')?.toUpperCase() !== 'CONTAINER') return [];
  const version = at(root, 'package_version') ?? null;
  const metadata = at(version, 'container_metadata') ?? null;
  const written = textAt(version, 'package_url');
  const owner = textAt(root, 'namespace') ?? textAt(root, 'owner', 'login');
  const name = textAt(root, 'name');
  const repository = written === null ? owner && name && `ghcr.io/${owner}/${name}`.toLowerCase() : withoutTag(written);
  if (repository === null || repository === '') return [];
  const tag = textAt(metadata, 'tag', 'name') || (written === null ? null : tagOf(written));
  const digest = textAt(metadata, 'tag', 'digest') ?? textAt(version, 'version');
  return [{ repository, tag, digest: digest?.startsWith('sha256:') ? digest : null, id: null }];
}

function harbor(payload: unknown): PushedImage[] {
  if (!['PUSH_ARTIFACT', 'pushImage'].includes(textAt(payload, 'type') ?? '')) return [];
  return harborResources(at(payload, 'event_data'), textAt(payload, 'occur_at'));
}

function harborCloudEvent(payload: unknown): PushedImage[] {
  if (textAt(payload, 'type') !== 'harbor.artifact.pushed') return [];
  return harborResources(at(payload, 'data'), textAt(payload, 'id'));
}

function harborResources(data: unknown, mark: string | null): PushedImage[] {
  return listAt(data, 'resources').flatMap((resource) => {
    const url = textAt(resource, 'resource_url');
    if (url === null) return [];
    const [tag, digest] = [textAt(resource, 'tag'), textAt(resource, 'digest')];
    return [{ repository: withoutTag(url), tag: tag ?? tagOf(url), digest, id: mark && `${url}@${digest}@${mark}` }];
  });
}

/** Notifications of the distribution registry. Layers have no tag, and are no images. */
function distribution(payload: unknown): PushedImage[] {
  return listAt(payload, 'events').flatMap((event) => {
    const name = textAt(event, 'target', 'repository');
    const tag = textAt(event, 'target', 'tag');
    if (textAt(event, 'action') !== 'push' || name === null || tag === null) return [];
    const host = textAt(event, 'request', 'host') ?? hostOf(textAt(event, 'target', 'url'));
    const repository = host === null ? name : `${host}/${name}`;
    return [{ repository, tag, digest: textAt(event, 'target', 'digest'), id: textAt(event, 'id') }];
  });
}

const hostOf = (url: string | null): string | null => (url !== null && URL.canParse(url) ? new URL(url).host : null);

/** `host:5000/a/b:1.2@sha256:…` without tag and digest. */
export const withoutTag = (image: string): string =>
  image.replace(/@[\w+.-]+:[0-9a-fA-F]+$/, '').replace(/:[^/:]*$/, '');
const tagOf = (image: string): string | null => /:([^/:@]+)(@.*)?$/.exec(image)?.[1] || null;

/** One form for all names of a repository: Docker Hub may be omitted, and so may `library`. */
export function sameRepository(a: string, b: string): boolean {
  return fullName(a) === fullName(b);
}
function fullName(repository: string): string {
  const [first = '', ...rest] = repository.split('/');
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const path = hasHost ? rest : [first, ...rest];
  const host = hasHost
    ? first.replace(/^(index|registry-1|registry\.hub)\.docker\.(io|com)$/, 'docker.io')
    : 'docker.io';
  return [host, ...(host === 'docker.io' && path.length === 1 ? ['library'] : []), ...path].join('/');
}

/** The image as a deployment names it. */
export const imageRef = ({ repository, tag, digest }: PushedImage): string =>
  tag !== null ? `${repository}:${tag}` : digest !== null ? `${repository}@${digest}` : repository;

/** The branch, tag, commit and repository of a push or a change request, as far as a delivery names them. */
export interface SourceFacts {
  readonly branch: string | null;
  readonly tag: string | null;
  readonly commit: string | null;
  readonly repository: string | null;
}

export function sourceFacts(payload: unknown): SourceFacts {
  const ref = textAt(payload, 'ref') ?? textAt(payload, 'changes', 0, 'ref', 'id');
  // Bitbucket describes a push as changes.
  const pushed = at(payload, 'push', 'changes', 0, 'new');
  const isTag = textAt(pushed, 'type') === 'tag';
  const named = textAt(pushed, 'name');
  return {
    branch:
      (ref !== null ? branchOf(ref) : null) ??
      (isTag ? null : named) ??
      textAt(payload, 'pull_request', 'head', 'ref') ??
      textAt(payload, 'object_attributes', 'source_branch') ??
      textAt(payload, 'pullrequest', 'source', 'branch', 'name') ??
      textAt(payload, 'workflow_run', 'head_branch'),
    tag: ref?.startsWith('refs/tags/')
      ? ref.slice('refs/tags/'.length)
      : isTag
        ? named
        : textAt(payload, 'release', 'tag_name'),
    commit:
      textAt(payload, 'after') ??
      textAt(payload, 'checkout_sha') ??
      textAt(payload, 'pull_request', 'head', 'sha') ??
      textAt(payload, 'object_attributes', 'last_commit', 'id') ??
      textAt(pushed, 'target', 'hash') ??
      textAt(payload, 'changes', 0, 'toHash') ??
      textAt(payload, 'pullrequest', 'source', 'commit', 'hash') ??
      textAt(payload, 'workflow_run', 'head_sha'),
    repository:
      textAt(payload, 'repository', 'full_name') ??
      textAt(payload, 'project', 'path_with_namespace') ??
      textAt(payload, 'repository', 'name'),
  };
}

const branchOf = (ref: string): string | null =>
  ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : ref.startsWith('refs/') ? null : ref;
