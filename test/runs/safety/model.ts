import type { Client } from 'pg';

/** A freeze or deployment window, as the test asked for it. Times are those of the server's clock. */
export interface KnownFreeze {
  readonly environment: string;
  readonly isWindow: boolean;
  readonly from: number;
  readonly until: number;
  /** Before it was asked for, and once it was certain to exist. */
  readonly asked: number;
  readonly exists: number;
  /** Before its end was asked for. */
  gone: number;
}

export interface Limits {
  /** Largest number of members by the name of a group; 1 for everything else. */
  readonly [group: string]: number;
}

interface Queued {
  readonly groupKey: string;
  readonly holderId: string;
  readonly place: number;
  readonly paused: boolean;
}

interface Sample {
  readonly held: readonly { readonly groupKey: string; readonly holderId: string }[];
  readonly queued: readonly Queued[];
  readonly problems: readonly string[];
}

/**
 * What must hold of slots, freezes and approvals, read from the event log and the tables alone. Nothing here calls the
 * code under test.
 */
export class SafetyModel {
  private before: Sample | undefined;
  private readonly found: string[] = [];
  readonly freezes: KnownFreeze[] = [];
  /** Runs whose freezes the test has overridden. */
  readonly overridden = new Set<string>();

  constructor(
    private readonly database: Client,
    private readonly limits: Limits,
  ) {}

  get violations(): readonly string[] {
    return this.found;
  }

  /** Looks at the present: one snapshot, compared with the one before. */
  async look(): Promise<void> {
    const { rows } = await this.database.query<Sample>(PRESENT);
    const now = rows[0];
    if (now === undefined) throw new Error('there is no sample');
    this.found.push(...now.problems);
    const held = new Map<string, number>();
    for (const { groupKey } of now.held) held.set(groupKey, (held.get(groupKey) ?? 0) + 1);
    for (const [groupKey, number] of held) {
      if (number > this.limitOf(groupKey)) this.found.push(`${number} hold a slot of ${groupKey}`);
    }
    this.compareOrder(this.before, now);
    this.before = now;
  }

  private limitOf(groupKey: string): number {
    return this.limits[/^(?:run|element) \S+ (.*)$/s.exec(groupKey)?.[1] ?? ''] ?? 1;
  }

  /** Nothing begins while something waits in front of it, unless the run of that is paused. */
  private compareOrder(before: Sample | undefined, now: Sample): void {
    for (const first of before?.queued ?? []) {
      const still = now.queued.find((one) => one.holderId === first.holderId && one.groupKey === first.groupKey);
      if (still === undefined || first.paused || still.paused || this.limitOf(first.groupKey) > 1) continue;
      for (const second of before?.queued ?? []) {
        if (second.groupKey !== first.groupKey || second.place <= first.place || still.place > first.place) continue;
        if (now.held.some((one) => one.groupKey === second.groupKey && one.holderId === second.holderId)) {
          this.found.push(`${second.holderId} has passed ${first.holderId} in ${first.groupKey}`);
        }
      }
    }
  }

  /** Everything that has not ended, or holds or waits for something. */
  unfinished = (): Promise<string[]> => this.problems(UNFINISHED);

  private async problems(sql: string): Promise<string[]> {
    return (await this.database.query<{ problem: string }>(sql)).rows.map(({ problem }) => problem);
  }

  /** Reads the whole history once more, when everything has ended. */
  async lookBack(): Promise<void> {
    for (const sql of [TWO_HOLDERS, NOT_APPROVED]) this.found.push(...(await this.problems(sql)));
    const { rows } = await this.database.query<Begun>(BEGUN);
    for (const begun of rows) this.checkFreezes(begun);
  }

  private checkFreezes({ executionId, runId, environment, at, override }: Begun): void {
    if (override && this.overridden.has(runId)) return;
    if (override) this.found.push(`run ${runId} has an override that nobody asked for`);
    const when = at.getTime();
    const own = this.freezes.filter((one) => one.environment === environment);
    const covers = (one: KnownFreeze) => one.from <= when && when < one.until;
    const certain = (one: KnownFreeze) => one.exists < when && when < one.gone;
    const where = `execution ${executionId} of run ${runId} began in ${environment} at ${at.toISOString()}`;
    if (own.some((one) => !one.isWindow && certain(one) && covers(one))) this.found.push(`${where}, within a freeze`);
    const windows = own.filter(({ isWindow }) => isWindow);
    const possible = windows.some((one) => one.asked <= when && covers(one));
    if (windows.some(certain) && !possible) this.found.push(`${where}, outside of its windows`);
  }
}

interface Begun {
  readonly executionId: string;
  readonly runId: string;
  readonly environment: string;
  readonly at: Date;
  readonly override: boolean;
}

/** Workflows that deploy somewhere. */
const DEPLOYING = `workflow AS (
  SELECT execution.id, run_id, environment_id, coalesce(parent_stage_execution_id, execution.id) AS holder_id, status
  FROM execution WHERE kind = 'WORKFLOW' AND environment_id IS NOT NULL AND images <> '{}'
)`;

const PRESENT = `WITH ${DEPLOYING}, problem AS (
  SELECT 'two deploy to ' || environment_id AS text FROM deployment WHERE status = 'IN_PROGRESS'
    GROUP BY environment_id HAVING count(DISTINCT execution_id) > 1
  UNION ALL SELECT workflow.id || ' runs without the slot of its environment' FROM workflow
    WHERE status IN ('QUEUED', 'RUNNING') AND NOT EXISTS (
      SELECT FROM slot WHERE group_key = 'environment ' || workflow.environment_id AND slot.holder_id = workflow.holder_id)
)
SELECT
  (SELECT coalesce(json_agg(json_build_object('groupKey', group_key, 'holderId', holder_id)), '[]') FROM slot) AS held,
  (SELECT coalesce(json_agg(json_build_object('groupKey', group_key, 'holderId', holder_id, 'place', place,
     'paused', run.pause IS NOT NULL)), '[]')
   FROM slot_request JOIN execution run ON run.id = slot_request.run_id) AS queued,
  (SELECT coalesce(json_agg(text), '[]') FROM problem) AS problems`;

/** Elements and standalone workflows that ran at the same time in one environment, from their events. */
const TWO_HOLDERS = `WITH ${DEPLOYING}, moved AS (
  SELECT workflow.holder_id, workflow.environment_id, event.at, event.data->>'to' AS status, event.sequence
  FROM workflow JOIN execution_event event ON event.run_id = workflow.run_id
    AND (event.type = 'STAGE_STATUS' AND event.data->>'stageExecutionId' = workflow.holder_id::text
      OR event.type = 'EXECUTION_STATUS' AND event.execution_id = workflow.holder_id)
), period AS (
  SELECT holder_id, environment_id, at AS from_time, (
    SELECT min(later.at) FROM moved later WHERE later.holder_id = moved.holder_id AND later.sequence > moved.sequence
      AND later.status IN ('SUCCESS', 'FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'SKIPPED')) AS until
  FROM moved WHERE status = 'RUNNING'
)
SELECT DISTINCT first.holder_id || ' and ' || second.holder_id || ' ran at the same time' AS problem
FROM period first JOIN period second ON first.environment_id = second.environment_id
  AND first.holder_id <> second.holder_id AND first.from_time < second.from_time
WHERE first.until > second.from_time`;

/**
 * Begun workflows behind an approval that nobody gave before, or that was given for another revision, environment or
 * image, or to replace something else. Numbers of deployments tell what stood there: times are those at which
 * transactions begin.
 */
const NOT_APPROVED = `WITH begun AS (
  SELECT stage.*, workflow.id AS begun_id, workflow.revision_id, workflow.environment_id AS target, workflow.images AS deployed,
    created.at, workflow.run_id
  FROM execution_event created JOIN execution workflow ON workflow.id = created.execution_id
  JOIN stage_execution stage ON stage.id = workflow.parent_stage_execution_id
  WHERE created.type = 'EXECUTION_CREATED'
), asked AS (
  SELECT begun.*, approver.id AS approver_id, rank() OVER (PARTITION BY begun_id ORDER BY approver.stage_index DESC) AS nearest
  FROM begun JOIN attempt_element plan ON plan.execution_id = begun.execution_id AND plan.attempt = begun.attempt
    AND plan.stage_index < begun.stage_index
  JOIN stage_execution approver ON approver.id = plan.stage_execution_id AND approver.kind = 'APPROVAL'
), given AS (
  SELECT asked.*, approval.status AS decision, approval.decided_at, (
    SELECT element FROM jsonb_array_elements(approval.subject->'elements') element
    WHERE element->>'elementId' = asked.element_id::text) AS covered
  FROM asked LEFT JOIN LATERAL (
    SELECT * FROM approval WHERE requested_at <= asked.at AND (stage_execution_id = approver_id
      OR renews_id IN (SELECT id FROM approval first WHERE first.stage_execution_id = approver_id))
    ORDER BY approval.subject @> jsonb_build_object('elements', jsonb_build_array(jsonb_build_object('elementId', asked.element_id))) DESC,
      requested_at DESC, decided_at DESC NULLS FIRST LIMIT 1) approval ON true
)
SELECT 'workflow ' || begun_id || ' began without the approval ' || approver_id AS problem FROM given
WHERE decision IS DISTINCT FROM 'APPROVED' OR decided_at > at
UNION ALL
SELECT 'workflow ' || begun_id || ' began, but ' || approver_id || ' approves ' || coalesce(covered::text, 'something else')
FROM given WHERE nearest = 1 AND (covered IS NULL OR covered->>'environmentId' IS DISTINCT FROM target::text
  OR covered->'images' <> deployed OR covered->>'workflowRevisionId' <> revision_id::text)
UNION ALL
SELECT 'workflow ' || begun_id || ' replaces ' || coalesce(stood.image, 'nothing') || ', but ' || approver_id || ' approves of ' || replaced
FROM given
CROSS JOIN LATERAL jsonb_each_text(covered->'replaces') approved (service_id, replaced)
JOIN LATERAL (
  SELECT * FROM deployment WHERE execution_id = begun_id AND service_id = approved.service_id::uuid ORDER BY number LIMIT 1
) own ON true
LEFT JOIN LATERAL (
  SELECT * FROM deployment one
  WHERE one.environment_id = own.environment_id AND one.service_id = own.service_id AND one.end_number < own.number
    AND one.status IN ('SUCCEEDED', 'REMOVED') ORDER BY one.end_number DESC LIMIT 1
) stood ON true
WHERE nearest = 1 AND stood.run_id IS DISTINCT FROM given.run_id AND stood.image IS DISTINCT FROM replaced`;

/** Empty if nothing is stuck, and nothing is left. */
const UNFINISHED = `SELECT 'execution ' || id || ' is ' || status AS problem FROM execution WHERE ended_at IS NULL
  UNION ALL SELECT holder_id || ' holds ' || group_key FROM slot
  UNION ALL SELECT holder_id || ' is in the queue of ' || group_key FROM slot_request
  UNION ALL SELECT id || ' waits: ' || reason FROM begin_wait
  UNION ALL SELECT 'deployment ' || id || ' is in progress' FROM deployment WHERE status = 'IN_PROGRESS'
  UNION ALL SELECT 'approval ' || id || ' waits' FROM approval WHERE status = 'WAITING'
  UNION ALL SELECT 'job ' || id || ' is ' || status FROM job WHERE status IN ('QUEUED', 'RUNNING')`;

/** Moments at which workflows that deploy passed the gate: their creation, or the end of their wait. */
const BEGUN = `WITH ${DEPLOYING}, begun AS (
  SELECT workflow.*, event.at FROM workflow JOIN execution_event event ON event.execution_id = workflow.id
  WHERE CASE WHEN EXISTS (SELECT FROM execution_event delayed WHERE delayed.execution_id = workflow.id
      AND delayed.type = 'BEGIN_DELAYED' AND delayed.data->>'stageExecutionId' IS NULL)
    THEN event.type = 'EXECUTION_STATUS' AND event.data->>'from' = 'WAITING' AND event.data->>'to' IN ('QUEUED', 'RUNNING')
    ELSE event.type = 'EXECUTION_CREATED' END
)
SELECT begun.id AS "executionId", begun.run_id AS "runId", environment.name AS environment, begun.at,
  EXISTS (SELECT FROM execution_event event WHERE event.run_id = begun.run_id AND event.type = 'FREEZE_OVERRIDDEN'
    AND coalesce(event.data->>'stageExecutionId', event.execution_id::text) = begun.holder_id::text) AS override
FROM begun JOIN environment ON environment.id = begun.environment_id`;
