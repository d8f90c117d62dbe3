import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';
import { slipway } from './program';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: check
variables: [{ name: OF, default: none }]
tasks: { look: { run: "true" } }
---
kind: Trigger
application: app
name: push
on: { webhook: { provider: GITHUB, events: [push] } }
start: { workflow: check }
variables: { OF: "\${{ commit }}" }
`;

describe('slipway triggers', () => {
  const { server } = testWorld(DEFINITIONS, { agent: null });
  const run = (...args: string[]) => slipway(server.url, ['triggers', ...args]);
  const app = ['-a', 'app'];

  it('shows the whole address, and rotates the secret', async () => {
    const shown = await run('show', 'push', ...app);
    expect(shown).toMatchObject({ code: 0, out: expect.stringContaining(`POST ${server.url}/hooks/`) });
    const rotated = await run('rotate', 'push', ...app);
    expect(rotated).toMatchObject({ code: 0, out: expect.stringMatching(/whsec_\S+/) });
    expect((await run(...app)).out).toMatch(/push +on +WEBHOOK/);
  });

  it('tests and fires with a payload, and lists firings', async () => {
    const file = join(server.dataDir, 'payload.json');
    writeFileSync(file, '{"ref":"refs/heads/main","after":"c0ffee"}');
    const sample = ['push', '--payload', file, '--event', 'push'];
    expect((await run('test', ...sample, ...app)).out).toContain('It would start.\n  OF=c0ffee\n');
    expect((await run('fire', ...sample, ...app)).code).toBe(0);
    expect((await run('firings', 'push', ...app)).out).toMatch(/push/);
    expect(await run('disable', 'push', ...app)).toMatchObject({ code: 0, out: 'The trigger push is off.\n' });
    expect((await run('enable', 'push', ...app)).code).toBe(0);
    const missing = await run('test', 'push', '--payload', join(server.dataDir, 'no.json'), ...app);
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('no.json can’t be read') });
  });

  it('says which option is missing', async () => {
    expect(await run('show', 'push')).toMatchObject({
      code: 2,
      err: expect.stringContaining('slipway triggers show NAME -a APPLICATION'),
    });
  });
});
