import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { useData } from '../../data/hooks';
import { useLive } from '../../data/live';
import { timeNow } from '../../data/now';
import { useThrottled } from '../../data/throttled';
import type { UrlState } from '../../data/urlState';
import { IconButton } from '../../parts/Button';
import { definitionName, unnamed } from '../../parts/definitionName';
import { type DiffValue, Row, Sides, Values } from '../../parts/diff/Values';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Panel } from '../../parts/Panel';
import { type Choice, Picker } from '../../parts/Picker';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { lookOf } from '../../parts/statuses';
import { Duration, Time } from '../../parts/Time';
import { relativeText } from '../../parts/times';
import styles from './Compare.module.css';
import {
  type ComparedOutcomeFragment,
  type ComparedPairFragment,
  type ComparedRunFragment,
  CompareLastSuccessDocument,
  CompareRunChoicesDocument,
  CompareRunDocument,
  CompareRunsDocument,
  type CompareRunsQuery,
} from './generated';
import { swapped } from './swapped';

/** In place of an id: the newest success before the other side. */
const LAST_SUCCESS = 'last-success';

const AGAIN_MS = 1_000;

export function CompareRuns({ url }: { readonly url: UrlState }) {
  const [left, right] = [url.get('left'), url.get('right')];
  const other = useData(CompareRunDocument, { id: right }, { pause: right === '' }).data?.execution;
  const own = useData(CompareRunDocument, { id: left }, { pause: left === '' || left === LAST_SUCCESS });
  return (
    <div className={styles.page}>
      <div className={styles.sides}>
        <RunSide url={url} side="left" run={own.data?.execution} other={other} />
        <IconButton icon="swap" label="Swap the sides" onClick={() => url.set(swapped(url))} />
        <RunSide url={url} side="right" run={other} other={own.data?.execution} />
      </div>
      {left === LAST_SUCCESS ? (
        other && <LastSuccess url={url} run={other} />
      ) : left !== '' && right !== '' ? (
        <Comparison url={url} left={left} right={right} />
      ) : (
        <Panel padded={false}>
          <Empty icon="compare" title="Choose two runs">
            Choose a run on each side, or two attempts of the same run. The page shows what differs: definitions,
            images, inputs, variables and results.
          </Empty>
        </Panel>
      )}
    </div>
  );
}

/** Runs of the same pipeline or workflow as this one. */
function filtersOf(run: ComparedRunFragment | undefined) {
  if (run === undefined) return [];
  const id = run.__typename === 'PipelineExecution' ? run.pipeline?.id : run.workflow?.id;
  const one = { operator: 'EQUALS' as const, values: [id ?? ''] };
  return [run.__typename === 'PipelineExecution' ? { pipeline: one } : { workflow: one }];
}

/** Replaces `last-success` in the address by the id of that run. */
function LastSuccess({ url, run }: { readonly url: UrlState; readonly run: ComparedRunFragment }) {
  const filters = [
    ...filtersOf(run),
    { status: { operator: 'EQUALS' as const, values: ['SUCCESS'] } },
    { creationTime: { operator: 'BEFORE' as const, value: run.createdAt } },
  ];
  const { data, error, refresh } = useData(CompareLastSuccessDocument, { filters });
  const found = data?.executions.nodes[0]?.id;
  useEffect(() => {
    if (found !== undefined) url.set({ left: found });
  }, [found, url]);
  if (error) return <ErrorNote error={error} onRetry={refresh} />;
  if (data === undefined || found !== undefined) return <Skeleton label="Looking for the last success" rows={6} />;
  return (
    <Panel padded={false}>
      <Empty icon="compare" title="No earlier success">
        No run of {definitionName(run)} succeeded before this one. Choose another run on the left.
      </Empty>
    </Panel>
  );
}

interface RunSideProps {
  readonly url: UrlState;
  readonly side: 'left' | 'right';
  readonly run: ComparedRunFragment | undefined;
  /** The other side: its pipeline or workflow decides what is offered. */
  readonly other: ComparedRunFragment | undefined;
}

function RunSide({ url, side, run, other }: RunSideProps) {
  const [opened, setOpened] = useState(false);
  const { data, loading } = useData(CompareRunChoicesDocument, { filters: filtersOf(other) }, { pause: !opened });
  const listed = data?.executions.nodes ?? [];
  const known = run === undefined || listed.some(({ id }) => id === run.id) ? listed : [run, ...listed];
  const now = timeNow();
  const choices = known.map((one): Choice => {
    const when = relativeText(Date.parse(one.createdAt), now);
    return {
      value: one.id,
      label: `${one.application?.name ?? unnamed('application')} / ${definitionName(one)}`,
      hint: `${lookOf(one.status).word} · ${when} · ${one.id.slice(0, 8)}`,
    };
  });
  const attempts = run?.attempts ?? [];
  const chosen = url.get(`${side}Attempt`);
  const attempt = attempts.find((one) => String(one.attempt) === chosen) ?? attempts.at(-1);
  const title = side === 'left' ? 'Left run' : 'Right run';
  const id = url.get(side);
  return (
    <section className={styles.side} aria-label={title}>
      <Picker
        label={title}
        wide
        choices={choices}
        value={id === '' || id === LAST_SUCCESS ? [] : [id]}
        onChange={(value) => url.set({ [side]: value, [`${side}Attempt`]: undefined })}
        onOpen={() => setOpened(true)}
        loading={loading}
      />
      {attempts.length > 1 && (
        <Picker
          label={`Attempt of the ${side} run`}
          wide
          choices={attempts.map(({ attempt: number, status }) => ({
            value: String(number),
            label: `Attempt ${number}`,
            hint: status === null ? undefined : lookOf(status).word,
          }))}
          value={[String(attempt?.attempt ?? '')]}
          onChange={(value) => url.set({ [`${side}Attempt`]: value })}
        />
      )}
      {run && attempt && (
        <p className={styles.facts}>
          <Status status={attempt.status ?? run.status} />
          <span>
            <Time at={attempt.startedAt ?? run.createdAt} /> by {attempt.actor.name}
          </span>
          <span>
            <Duration ms={attempt.durationMs} />
          </span>
          <Link href={`/runs/${run.id}`}>Open the run</Link>
        </p>
      )}
    </section>
  );
}

interface ComparisonProps {
  readonly url: UrlState;
  readonly left: string;
  readonly right: string;
}

function Comparison({ url, left, right }: ComparisonProps) {
  const number = (name: string) => Number(url.get(name)) || null;
  const variables = {
    ...{ a: left, b: right, attemptA: number('leftAttempt'), attemptB: number('rightAttempt') },
    includeEqual: url.get('all') !== '',
  };
  const { data, error, refresh } = useData(CompareRunsDocument, variables);
  const soon = useThrottled(refresh);
  const filters = [{ execution: { operator: 'IN' as const, values: [left, right] } }];
  useLive({ kind: 'executions', filters }, (changes) => {
    // The first change is the beginning of the stream.
    if (changes.some(({ sequence }) => sequence !== undefined)) soon(AGAIN_MS);
  });
  const compared = data?.compareExecutions;
  return (
    <>
      <ErrorNote error={error} onRetry={refresh} />
      {compared ? (
        <Differences compared={compared} all={variables.includeEqual} />
      ) : (
        error === undefined && (
          <Panel padded={false}>
            <Skeleton label="Comparing the runs" rows={8} />
          </Panel>
        )
      )}
    </>
  );
}

type Compared = NonNullable<CompareRunsQuery['compareExecutions']>;

function Differences({ compared, all }: { readonly compared: Compared; readonly all: boolean }) {
  const { stages, tasks, definition, images, inputs, variables, omitted } = compared;
  const shown = (results: readonly ComparedOutcomeFragment[]) =>
    all ? results : results.filter(({ different }) => different);
  const results = [
    { title: 'Stages', row: 'Element', results: shown(stages) },
    { title: 'Tasks', row: 'Task', results: shown(tasks) },
  ];
  const values = [
    { title: 'Images', row: 'Service', values: images },
    { title: 'Inputs', row: 'Input', values: inputs },
    { title: 'Variables', row: 'Variable', values: variables },
    { title: 'Definition', row: 'Path', values: definition ?? [] },
  ];
  const isNothing = [...results.map((one) => one.results), ...values.map((one) => one.values)].every(
    (rows) => rows.length === 0,
  );
  return (
    <>
      {isNothing && (
        <Panel padded={false}>
          <Empty icon="check" title="Nothing differs">
            Definitions, images, inputs, variables and results are the same. Durations may differ: show what is equal,
            too.
          </Empty>
        </Panel>
      )}
      {results.map(
        ({ title, row, results: rows }) =>
          rows.length > 0 && (
            <Panel key={title} title={title} padded={false}>
              <Sides label={title} title={row} leftTitle="Left" rightTitle="Right">
                {rows.map((one) => (
                  <Row
                    key={`${one.stage} ${one.name}`}
                    different={one.different}
                    name={
                      <>
                        {one.stage !== null && <span className={styles.quiet}>{one.stage} › </span>}
                        {one.name}
                      </>
                    }
                  >
                    <td data-side="Left">
                      <Outcome result={one.a} />
                    </td>
                    <td data-side="Right">
                      <Outcome result={one.b} />
                    </td>
                  </Row>
                ))}
              </Sides>
            </Panel>
          ),
      )}
      {values.map(
        ({ title, row, values: pairs }) =>
          pairs.length > 0 && (
            <Panel key={title} title={title} padded={false}>
              <Values label={title} title={row} leftTitle="Left" rightTitle="Right" values={pairs.map(pairOf)} />
            </Panel>
          ),
      )}
      {definition === null && (
        <p className={styles.quiet}>You may not see the definitions, so they are not compared.</p>
      )}
      {omitted > 0 && <p className={styles.quiet}>{omitted.toLocaleString('en')} further entries are not listed.</p>}
    </>
  );
}

export const pairOf = ({ name, different, a, b }: ComparedPairFragment): DiffValue => ({
  ...{ name, different, left: a, right: b },
});

function Outcome({ result }: { readonly result: ComparedOutcomeFragment['a'] }) {
  if (result === null) return <span className={styles.quiet}>none</span>;
  const { status, reasonCode, exitCode, attempt, durationMs } = result;
  return (
    <span className={styles.outcome}>
      <Status status={status} />
      {exitCode !== null && exitCode !== 0 && <span>exit code {exitCode}</span>}
      {reasonCode !== null && <code>{reasonCode}</code>}
      <span className={styles.quiet}>
        <Duration ms={durationMs} />
      </span>
      {attempt > 1 && <span className={styles.quiet}>of attempt {attempt}</span>}
    </span>
  );
}
