import { Client } from 'pg';
import { sealRecords } from '../../../src/access/audit/sealer';
import { Auditor } from './auditor';
import { testServer } from '../../support/world';

const server = testServer();
let auditor: Auditor;
beforeAll(async () => {
  auditor = new Auditor(server);
});

/** Connects as the owner of the database: only the trail's own triggers prevent a change. */
async function inDatabase<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: server.databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Changes the trail with its triggers off, then restores it. */
async function tampered(change: string, restore: string, look: () => Promise<void>): Promise<void> {
  const run = (sql: string) =>
    inDatabase((client) =>
      client.query(`BEGIN; ALTER TABLE audit_link DROP CONSTRAINT IF EXISTS "FK_dfd6f694891b0b23b7ac388e3da";
        ALTER TABLE audit_record DISABLE TRIGGER USER; ALTER TABLE audit_link DISABLE TRIGGER USER; ${sql};
        ALTER TABLE audit_record ENABLE ALWAYS TRIGGER audit_record_append_only;
        ALTER TABLE audit_link ENABLE ALWAYS TRIGGER audit_link_append_only; COMMIT`),
    );
  await run(change);
  try {
    await look();
  } finally {
    await run(restore);
  }
}

describe('the database', () => {
  it.each(['audit_record', 'audit_link'])('refuses to change or empty %s, for any role', async (table) => {
    await auditor.createApplication(`kept-${table.replace('_', '-')}`);
    await auditor.sealed();
    const column = table === 'audit_link' ? 'hash' : 'actor_name';
    for (const sql of [`UPDATE ${table} SET ${column} = 'x'`, `DELETE FROM ${table}`, `TRUNCATE ${table} CASCADE`]) {
      await expect(server.app.database.write(sql)).rejects.toThrow(/only ever added/);
      await expect(
        inDatabase((client) => client.query(`SET session_replication_role = replica; ${sql}`)),
      ).rejects.toThrow(/only ever added/);
    }
  });
});

describe('the chain', () => {
  it('stays valid under concurrent writes, and has a place for each record', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => auditor.createApplication(`crowd-${n}`)));
    const { valid, lastSequence, checkedTo, unsealed } = await auditor.sealed();
    expect({ valid, unsealed }).toEqual({ valid: true, unsealed: 0 });
    expect(checkedTo).toBe(lastSequence);
    const [{ records } = { records: 0 }] = await server.app.database.rows<{ records: number }>(
      'SELECT count(*) AS records FROM audit_record',
    );
    expect(records).toBe(lastSequence);
    expect(
      (await auditor.byAction('application.create')).filter(({ input }) => /^crowd-/.test(String(input?.name))),
    ).toHaveLength(40);
  });

  it('gets each record once if several servers seal', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => auditor.createApplication(`sealed-${n}`)));
    await Promise.all(Array.from({ length: 6 }, () => sealRecords(server.app)));
    expect(await auditor.sealed()).toMatchObject({ valid: true });
  });

  it('can be verified from a sequence', async () => {
    const whole = await auditor.sealed();
    const { lastSequence } = whole;
    expect(await auditor.verify(lastSequence)).toEqual({
      ...whole,
      checkedFrom: lastSequence,
      checkedTo: lastSequence,
    });
    expect(await auditor.verify(lastSequence + 10)).toEqual({
      ...whole,
      checkedFrom: lastSequence + 10,
      checkedTo: lastSequence + 9,
    });
    await expect(auditor.verify(0)).rejects.toThrow(/must be 1 or more/);
  });

  it.each([
    [
      'a record that was changed',
      `UPDATE audit_record SET actor_name = 'somebody else' WHERE id = %id`,
      `UPDATE audit_record SET actor_name = %name WHERE id = %id`,
    ],
    [
      'a record that was taken out',
      `CREATE TABLE kept AS SELECT * FROM audit_record WHERE id = %id; DELETE FROM audit_record WHERE id = %id`,
      'INSERT INTO audit_record SELECT * FROM kept; DROP TABLE kept',
    ],
    [
      'a link that was taken out',
      `CREATE TABLE kept AS SELECT * FROM audit_link WHERE sequence = 3; DELETE FROM audit_link WHERE sequence = 3`,
      'INSERT INTO audit_link SELECT * FROM kept; DROP TABLE kept',
    ],
    [
      'a hash that was made anew',
      `CREATE TABLE kept AS SELECT * FROM audit_link WHERE sequence = 3; UPDATE audit_link SET hash = repeat('a', 64) WHERE sequence = 3`,
      'UPDATE audit_link SET hash = kept.hash FROM kept WHERE kept.sequence = audit_link.sequence; DROP TABLE kept',
    ],
    [
      'two records that changed places',
      'UPDATE audit_link SET record_id = gen_random_uuid() WHERE sequence = 3',
      'UPDATE audit_link SET record_id = %id WHERE sequence = 3',
    ],
  ])('shows %s', async (_what, change, restore) => {
    const whole = await auditor.sealed();
    const [third] = await server.app.database.rows<{ id: string; name: string }>(
      'SELECT record.id, actor_name AS name FROM audit_record record JOIN audit_link ON record_id = record.id WHERE sequence = 3',
    );
    const fill = (sql: string) => sql.replaceAll('%id', `'${third?.id}'`).replaceAll('%name', `'${third?.name}'`);
    await tampered(fill(change), fill(restore), async () => {
      expect(await auditor.verify()).toEqual({
        ...whole,
        valid: false,
        checkedTo: expect.any(Number),
        firstBroken: 3,
        problem: expect.stringContaining('Sequence 3'),
        unsealed: expect.any(Number),
      });
    });
    expect(await auditor.verify()).toEqual(whole);
  });

  it('detects that its end was removed, as long as the records exist', async () => {
    const whole = await auditor.sealed();
    const { lastSequence } = whole;
    await tampered(
      `CREATE TABLE kept AS SELECT * FROM audit_link WHERE sequence = ${lastSequence}; DELETE FROM audit_link WHERE sequence = ${lastSequence}`,
      'INSERT INTO audit_link SELECT * FROM kept; DROP TABLE kept',
      async () =>
        expect(await auditor.verify()).toEqual({
          ...whole,
          valid: false,
          checkedTo: lastSequence - 1,
          problem: '1 records were removed from the chain.',
          lastSequence: lastSequence - 1,
          lastHash: expect.not.stringContaining(whole.lastHash),
        }),
    );
  });
});
