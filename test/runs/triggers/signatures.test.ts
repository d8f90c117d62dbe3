import { imageRef, pushedImages } from '../../../src/engine/pushedImages';
import { deliveryKeyOf, isSignedBy, signsBodyOnly } from '../../../src/runs/triggers/signatures';

const body = (text: string) => Buffer.from(text);

describe('isSignedBy', () => {
  it('accepts the published test vectors of GitHub and Bitbucket', () => {
    // docs.github.com, "Validating webhook deliveries", and support.atlassian.com, "Secure webhooks".
    const github = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const delivery = { headers: { 'x-hub-signature-256': github }, body: body('Hello, World!') };
    expect(isSignedBy('GITHUB', ["It's a Secret to Everybody"], delivery)).toBe(true);
    expect(isSignedBy('GITHUB', ['another', "It's a Secret to Everybody"], delivery)).toBe(true);
    expect(isSignedBy('GITHUB', ['another'], delivery)).toBe(false);
    expect(isSignedBy('GITHUB', ["It's a Secret to Everybody"], { ...delivery, body: body('Hello, World') })).toBe(
      false,
    );
    const bitbucket = 'sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9';
    const hello = { headers: { 'x-hub-signature': bitbucket }, body: body('Hello World!') };
    expect(isSignedBy('BITBUCKET', ["It's a Secret to Everybody"], hello)).toBe(true);
  });

  it('compares tokens of GitLab, Harbor and the distribution registry', () => {
    const token = (headers: Record<string, string>) => ({ headers, body: body('{}') });
    expect(isSignedBy('GITLAB', ['s3cret'], token({ 'x-gitlab-token': 's3cret' }))).toBe(true);
    expect(isSignedBy('GITLAB', ['s3cret'], token({ 'x-gitlab-token': 's3cret ' }))).toBe(false);
    expect(isSignedBy('HARBOR', ['s3cret'], token({ authorization: 's3cret' }))).toBe(true);
    expect(isSignedBy('OCI', ['s3cret'], token({ authorization: 'Bearer s3cret' }))).toBe(true);
    expect(isSignedBy('OCI', ['s3cret'], token({}))).toBe(false);
    expect(isSignedBy('CUSTOM', [], token({}))).toBe(true);
    expect(isSignedBy('CUSTOM', ['s3cret'], token({}))).toBe(false);
    expect(signsBodyOnly('CUSTOM', ['s3cret'], token({ 'x-hub-signature-256': 'sha256=…' }))).toBe(true);
    expect(signsBodyOnly('CUSTOM', ['s3cret'], token({ 'webhook-signature': 'v1,…' }))).toBe(false);
    expect(signsBodyOnly('CUSTOM', [], token({}))).toBe(false);
  });
});

describe('deliveryKeyOf', () => {
  it('tells events of GitLab apart that share the UUID of their cause', () => {
    const uuid = { 'x-gitlab-event-uuid': 'u-1' };
    const key = (headers: Record<string, string>, text: string) =>
      deliveryKeyOf('GITLAB', { headers, body: body(text) });
    expect(key(uuid, '{"a":1}')).toBe(key(uuid, '{"a":1}'));
    expect(key(uuid, '{"a":1}')).not.toBe(key(uuid, '{"a":2}'));
    const later = { ...uuid, 'idempotency-key': 'k-1' };
    expect(key(later, '{"a":1}')).toBe('k-1');
    expect(key({ ...later, 'webhook-id': 'w-1' }, '{"a":2}')).toBe('w-1');
  });
});

describe('pushedImages', () => {
  it.each([
    [
      'Docker Hub',
      { push_data: { pushed_at: 1417566161, tag: 'latest' }, repository: { repo_name: 'acme/api' } },
      'docker.io/acme/api:latest',
    ],
    [
      'GitHub',
      {
        action: 'published',
        registry_package: {
          ...{ name: 'api', namespace: 'Acme', package_type: 'CONTAINER' },
          package_version: { package_url: 'ghcr.io/acme/api:v1', container_metadata: { tag: { name: 'v1' } } },
        },
      },
      'ghcr.io/acme/api:v1',
    ],
    [
      'Harbor',
      { type: 'PUSH_ARTIFACT', event_data: { resources: [{ tag: 'v2', resource_url: 'hub.test/library/api:v2' }] } },
      'hub.test/library/api:v2',
    ],
    [
      'the distribution registry',
      { events: [{ action: 'push', request: { host: 'r.test:5000' }, target: { repository: 'api', tag: 'v3' } }] },
      'r.test:5000/api:v3',
    ],
  ])('reads an announcement of %s', (_of, payload, ref) => {
    expect(pushedImages(payload).map(imageRef)).toEqual([ref]);
  });

  it('finds nothing in pulls, deletions and layers', () => {
    expect(pushedImages({ events: [{ action: 'pull', target: { repository: 'a', tag: 'b' } }] })).toEqual([]);
    expect(pushedImages({ events: [{ action: 'push', target: { repository: 'a', digest: 'sha256:0' } }] })).toEqual([]);
    expect(pushedImages({ type: 'DELETE_ARTIFACT', event_data: { resources: [{ resource_url: 'a/b:c' }] } })).toEqual(
      [],
    );
  });
});
