import { tmpdir } from 'node:os';
import { Abilities } from '../../src/access/abilities';
import { systemAccess } from '../../src/access/access';
import type { Actor } from '../../src/access/actor';
import { systemActor } from '../../src/access/actor';
import type { ApiKey } from '../../src/access/apiKeys';
import { ensureBuiltInGroups } from '../../src/access/builtInGroups';
import { type CreateApiKey } from '../../src/access/apiKeys';
import { createApiKey } from '../../src/access/changeApiKeys';
import { RIGHTS_CHANGED } from '../../src/access/changeRights';
import { createUserGroup } from '../../src/access/changeUserGroups';
import { KnownCallers } from '../../src/access/knownCallers';
import type { PermissionsInput } from '../../src/access/permissionInput';
import { apiKeyPrincipal, findApiKeyPrincipal } from '../../src/access/principals.store';
import type { App } from '../../src/runs/app';
import { readServerConfig } from '../../src/kernel/config';
import { createApp } from '../../src/composition/createApp';
import { newId } from '../../src/kernel/ids';
import { createLog } from '../../src/kernel/log';
import { Refusal } from '../../src/kernel/errors';
import { createTestDatabase } from '../support/database';

/** App with its own database and a clock that only the test moves. */
export class AccessApp {
  private time = new Date('2026-01-01T00:00:00Z');
  readonly abilities: Abilities;
  readonly app: App;
  /** Actor with every right and no identity. */
  readonly root: Actor = { ...systemActor, access: systemAccess };

  private constructor(
    app: App,
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {
    const clock = { now: () => this.time };
    this.app = { ...app, clock, knownCallers: new KnownCallers(clock) };
    app.database.wakeups.onSignal(RIGHTS_CHANGED, () => this.app.knownCallers.forget());
    this.abilities = new Abilities(app.database, this.app.clock);
  }

  static async create(): Promise<AccessApp> {
    const { url, drop } = await createTestDatabase();
    const config = readServerConfig({ DATABASE_URL: url, DATABASE_POOL: '10', SLIPWAY_DATA_DIR: tmpdir() });
    const { app, close } = await createApp(config, createLog({ level: 'silent', pretty: false }), url);
    const one = new AccessApp(app, url, async () => {
      await close();
      await drop();
    });
    await ensureBuiltInGroups(one.app);
    return one;
  }

  get database() {
    return this.app.database;
  }

  now(): Date {
    return this.time;
  }

  passHours(hours: number): void {
    this.time = new Date(this.time.getTime() + hours * 3_600_000);
  }

  /** Creates a group with these permissions. */
  async group(permissions: PermissionsInput = {}): Promise<string> {
    return (await createUserGroup(this.app, this.root, { name: `group ${newId()}`, permissions })).id;
  }

  async key(userGroupIds: string[], more: Partial<CreateApiKey> = {}): Promise<ApiKey> {
    return (await createApiKey(this.app, this.root, { name: 'key', userGroupIds, ...more })).apiKey;
  }

  /** Holder of this key, with its current rights. */
  async holder(key: { readonly id: string }): Promise<Actor> {
    const row = await findApiKeyPrincipal(this.database, key.id);
    if (row === undefined) throw new Error(`there is no key ${key.id}`);
    const access = await this.abilities.accessOf(apiKeyPrincipal(row));
    return { kind: 'API_KEY', id: row.id, name: row.name, administrator: false, access };
  }

  /** Creates a caller with a new key in a new group with these permissions. */
  async caller(permissions: PermissionsInput): Promise<Actor> {
    return this.holder(await this.key([await this.group(permissions)]));
  }

  /** Rows of other folders, with the fewest possible columns. */
  async application(): Promise<string> {
    const id = newId();
    await this.database.write(
      `INSERT INTO application (id, name, created_at, updated_at) VALUES ($1, $2, now(), now())`,
      [id, id],
    );
    return id;
  }

  async environment(applicationId: string, type: 'PROD' | 'NON_PROD'): Promise<string> {
    const id = newId();
    await this.database.write(
      `INSERT INTO environment (id, application_id, name, type, variables, agents, created_at, updated_at)
       VALUES ($1, $2, $3, $4, '{}', '{}', now(), now())`,
      [id, applicationId, id, type],
    );
    return id;
  }
}

/** Refusal with which the work ends. */
export async function refusalOf(work: Promise<unknown> | (() => unknown)): Promise<Refusal> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** Rules that an INVALID_INPUT names, each with its field. */
export function brokenRules(refusal: Refusal): string[] {
  const errors = (refusal.details.errors ?? []) as readonly { field: string; rule: string }[];
  return errors.map(({ field, rule }) => `${field} ${rule}`);
}
