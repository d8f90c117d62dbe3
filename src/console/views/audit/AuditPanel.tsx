import { Link } from 'wouter';
import type { UrlState } from '../../data/urlState';
import { Values } from '../../parts/diff/Values';
import { Drawer } from '../../parts/Drawer';
import { Copy } from '../../parts/Id';
import { Time } from '../../parts/Time';
import { exactText } from '../../parts/times';
import styles from './Audit.module.css';
import { changesOf, leavesOf } from './changes';
import type { AuditRowFragment } from './generated';
import { Outcome } from './Outcome';

const actorKinds: Readonly<Record<string, string>> = {
  USER: 'person',
  API_KEY: 'API key',
  AGENT: 'agent',
  TRIGGER: 'trigger',
  SYSTEM: 'the server',
  ANONYMOUS: 'unknown caller',
};

/** One record: who, what, from where, the input, and what was different afterwards. */
export function AuditPanel({ record, url }: { readonly record: AuditRowFragment; readonly url: UrlState }) {
  const { action, outcome, code, at, actor, object, address, requestId, sequence, hash, previousHash } = record;
  const changes = record.before == null && record.after == null ? [] : changesOf(record.before, record.after);
  const input = [...leavesOf(record.input)];
  return (
    <Drawer
      title={action}
      onClose={() => url.set({ record: undefined })}
      beside={
        <>
          <Outcome outcome={outcome} />
          {code !== null && <code>{code}</code>}
        </>
      }
    >
      <dl className={styles.facts}>
        <dt>Time</dt>
        <dd>
          {exactText(Date.parse(at))} (<Time at={at} />)
        </dd>
        <dt>By</dt>
        <dd>
          <p>
            {actor.name}, {actorKinds[actor.kind] ?? actor.kind}
          </p>
          <p>
            <Link href={url.href({ actor: actor.id, record: '' })}>All of this actor</Link>
          </p>
        </dd>
        {object !== null && (
          <>
            <dt>Object</dt>
            <dd>
              <p>
                {object.kind} {object.name ?? object.id}
              </p>
              {object.id !== null && (
                <p>
                  <Link href={url.href({ object: object.id, record: '' })}>All of this object</Link>
                </p>
              )}
            </dd>
          </>
        )}
        <dt>Address</dt>
        <dd>{address ?? 'none: the server itself'}</dd>
        {requestId !== null && (
          <>
            <dt>Request ID</dt>
            <dd>
              <code>{requestId}</code>
            </dd>
          </>
        )}
        <dt>Record</dt>
        <dd>{sequence === null ? 'not in the chain yet' : `No. ${sequence.toLocaleString('en')} of the chain`}</dd>
        {hash !== null && (
          <>
            <dt>Hash</dt>
            <dd className={styles.hash}>
              <code>{hash}</code>
              <Copy text={hash} label="Copy the hash" />
            </dd>
          </>
        )}
        {previousHash !== null && (
          <>
            <dt>Hash before</dt>
            <dd>
              <code>{previousHash}</code>
            </dd>
          </>
        )}
      </dl>
      {changes.length > 0 && (
        <section aria-label="Changes" className={styles.section}>
          <h3>Changes</h3>
          <Values label="Changes" title="Field" leftTitle="Before" rightTitle="After" values={changes} />
        </section>
      )}
      {input.length > 0 && (
        <section aria-label="Input" className={styles.section}>
          <h3>Input of the request</h3>
          <dl className={styles.facts}>
            {input.map(([name, value]) => (
              <div key={name} className={styles.pair}>
                <dt>
                  <code>{name}</code>
                </dt>
                <dd>
                  <code className={styles.value}>{value}</code>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {changes.length + input.length === 0 && <p className={styles.quiet}>The record has no further details.</p>}
    </Drawer>
  );
}
