import { Link } from 'wouter';
import { useData } from '../../data/hooks';
import { useLive } from '../../data/live';
import { useThrottled } from '../../data/throttled';
import type { UrlState } from '../../data/urlState';
import { IconButton } from '../../parts/Button';
import { Row, Sides, Values } from '../../parts/diff/Values';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Panel } from '../../parts/Panel';
import { Picker } from '../../parts/Picker';
import { Skeleton } from '../../parts/Skeleton';
import { Time } from '../../parts/Time';
import { localTime } from '../../parts/times';
import styles from './Compare.module.css';
import { pairOf } from './CompareRuns';
import {
  CompareEnvironmentChoicesDocument,
  CompareTwoEnvironmentsDocument,
  type CompareTwoEnvironmentsQuery,
} from './generated';
import { swapped } from './swapped';

const AGAIN_MS = 1_000;

export function CompareEnvironments({ url }: { readonly url: UrlState }) {
  const { data, error, loading, refresh } = useData(CompareEnvironmentChoicesDocument, {});
  const environments = data?.environments.nodes ?? [];
  const choices = environments.map(({ id, name, application }) => ({
    value: id,
    label: name,
    hint: application?.name,
  }));
  const nameOf = (id: string) => environments.find((one) => one.id === id)?.name ?? 'environment';
  const [left, right] = [url.get('left'), url.get('right')];
  const title = (side: 'left' | 'right') =>
    left === right && url.get(`${side}At`) === '' ? `${nameOf(url.get(side))} now` : nameOf(url.get(side));
  const titles = { left: title('left'), right: title('right') };
  if (left === right && url.get('leftAt') !== '') titles.left = `${nameOf(left)} then`;
  if (left === right && url.get('rightAt') !== '') titles.right = `${nameOf(right)} then`;
  const side = (name: 'left' | 'right') => (
    <section className={styles.side} aria-label={name === 'left' ? 'Left environment' : 'Right environment'}>
      <Picker
        label={name === 'left' ? 'Left environment' : 'Right environment'}
        wide
        choices={choices}
        value={url.all(name)}
        onChange={(value) => url.set({ [name]: value })}
        loading={loading}
      />
      <label className={styles.moment}>
        As of
        <input
          type="datetime-local"
          value={localTime(Date.parse(url.get(`${name}At`)))}
          onChange={({ target }) => {
            const time = Date.parse(target.value);
            url.set({ [`${name}At`]: Number.isNaN(time) ? undefined : new Date(time).toISOString() });
          }}
        />
      </label>
    </section>
  );
  return (
    <div className={styles.page}>
      <ErrorNote error={error} onRetry={refresh} />
      <div className={styles.sides}>
        {side('left')}
        <IconButton icon="swap" label="Swap the sides" onClick={() => url.set(swapped(url))} />
        {side('right')}
      </div>
      {left === '' || right === '' ? (
        <Panel padded={false}>
          <Empty icon="compare" title="Choose two environments">
            Choose an environment on each side, or the same one at two moments. The page shows which images, variables
            and secrets differ.
          </Empty>
        </Panel>
      ) : (
        <Comparison url={url} left={left} right={right} titles={titles} />
      )}
    </div>
  );
}

interface ComparisonProps {
  readonly url: UrlState;
  readonly left: string;
  readonly right: string;
  readonly titles: { readonly left: string; readonly right: string };
}

function Comparison({ url, left, right, titles }: ComparisonProps) {
  const { data, error, refresh } = useData(CompareTwoEnvironmentsDocument, {
    ...{ a: left, b: right, aTime: url.get('leftAt') || null, bTime: url.get('rightAt') || null },
    includeEqual: url.get('all') !== '',
  });
  const soon = useThrottled(refresh);
  const filters = [{ environment: { operator: 'IN' as const, values: [left, right] } }];
  useLive({ kind: 'executions', filters, includeIndirectExecutions: true }, (changes) => {
    if (changes.some(({ type = '' }) => /DEPLOY|ROLLED_BACK|RESTORE/.test(type))) soon(AGAIN_MS);
  });
  const compared = data?.compareEnvironments;
  return (
    <>
      <ErrorNote error={error} onRetry={refresh} />
      {compared ? (
        <Differences compared={compared} titles={titles} />
      ) : (
        error === undefined && (
          <Panel padded={false}>
            <Skeleton label="Comparing the environments" rows={6} />
          </Panel>
        )
      )}
    </>
  );
}

type Compared = NonNullable<CompareTwoEnvironmentsQuery['compareEnvironments']>;
type Deployment = Compared['services'][number]['a'];

function Differences({
  compared,
  titles,
}: {
  readonly compared: Compared;
  readonly titles: ComparisonProps['titles'];
}) {
  const { services, variables, secrets } = compared;
  const heads = { leftTitle: titles.left, rightTitle: titles.right };
  if (services.length + variables.length + secrets.length === 0)
    return (
      <Panel padded={false}>
        <Empty icon="check" title="Nothing differs">
          Both sides have the same images, variables and names of secrets.
        </Empty>
      </Panel>
    );
  return (
    <>
      {services.length > 0 && (
        <Panel title="Services" padded={false}>
          <Sides label="Services" title="Service" {...heads}>
            {services.map(({ name, newer, a, b }) => (
              <Row key={name} different={a?.image !== b?.image} name={name}>
                <td data-side={titles.left}>
                  <Deployed deployment={a} newer={newer === 'A'} />
                </td>
                <td data-side={titles.right}>
                  <Deployed deployment={b} newer={newer === 'B'} />
                </td>
              </Row>
            ))}
          </Sides>
        </Panel>
      )}
      {variables.length > 0 && (
        <Panel title="Variables" padded={false}>
          <Values label="Variables" title="Variable" {...heads} values={variables.map(pairOf)} />
        </Panel>
      )}
      {secrets.length > 0 && (
        <Panel title="Secrets, as of now" padded={false}>
          <Sides label="Secrets" title="Secret" {...heads}>
            {secrets.map(({ name, a, b }) => (
              <Row key={name} different={a !== b} name={<code>{name}</code>}>
                <td data-side={titles.left}>{a ? 'set' : <span className={styles.quiet}>none</span>}</td>
                <td data-side={titles.right}>{b ? 'set' : <span className={styles.quiet}>none</span>}</td>
              </Row>
            ))}
          </Sides>
        </Panel>
      )}
    </>
  );
}

function Deployed({ deployment, newer }: { readonly deployment: Deployment; readonly newer: boolean }) {
  if (deployment === null) return <span className={styles.quiet}>not deployed</span>;
  const { image, deployedAt, runId, actor } = deployment;
  return (
    <>
      <p className={styles.outcome}>
        <code>{image}</code>
        {newer && <span className={styles.tag}>newer</span>}
      </p>
      <p className={styles.outcome}>
        <span className={styles.quiet}>
          <Time at={deployedAt} /> by {actor.name}
        </span>
        <Link href={`/runs/${runId}`}>Run</Link>
      </p>
    </>
  );
}
