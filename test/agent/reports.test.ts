import { slipway } from '../cli/program';
import { startAgentProcess, type TestProcess } from '../support/processes';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: tested
secrets: [TOKEN]
tasks:
  unit:
    reports: { junit: "out/*.xml" }
    run: |
      mkdir out
      echo '<testsuite><testcase name="adds" time="2"/><testcase name="pays"/></testsuite>' > out/a.xml
      echo "<testsuite><testcase name='refuses' classname='Cart'><failure message='got $TOKEN'/></testcase></testsuite>" > out/b.xml
      printf '## Tests\\n\\n%s\\n' "$TOKEN" > "$SLIPWAY_SUMMARY"
      exit 3
    ignore_failure: true
  folder:
    reports: { junit: [none/*.xml] }
    run: |
      mkdir "$SLIPWAY_REPORTS/deep"
      { echo '<testsuite>'
        for n in $(seq 120); do echo "<testcase name='case $n'><error>no</error></testcase>"; done
        echo '<system-out>'; head -c 5000000 /dev/zero | tr '\\0' y; echo '</system-out>'
        echo '</testsuite>'; } > "$SLIPWAY_REPORTS/deep/big.xml"
      echo '<testsuite><testcase name="last"/>' > "$SLIPWAY_REPORTS/broken.xml"
      echo junk > "$SLIPWAY_REPORTS/notes.txt"
      ln -s /etc/passwd "$SLIPWAY_REPORTS/link.xml"
      mkfifo "$SLIPWAY_REPORTS/pipe.xml" "$SLIPWAY_SUMMARY"
  late:
    timeout: 2s
    ignore_failure: true
    run: head -c 200000 /dev/zero | tr '\\0' z > "$SLIPWAY_SUMMARY"; sleep 60
  silent: { run: "true" }
`;

interface Report {
  readonly task: string;
  readonly report: {
    readonly summary: string | null;
    readonly summaryTruncated: boolean;
    readonly tests: Record<string, number> | null;
    readonly failed: readonly Record<string, string>[];
    readonly warnings: readonly string[];
  };
}

describe('reports of an execution', () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });
  let agent: TestProcess;
  beforeAll(async () => {
    const { applicationId } = await runs.ids('workflow', 'tested');
    await server.client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { warnings } }', {
      input: { applicationId, name: 'TOKEN', secretValue: 'hunter-2-hunter' },
    });
    agent = startAgentProcess(server.url, server.dataDir, 'worker', { SLIPWAY_AGENT_SLOTS: '4' });
  });
  afterAll(() => agent.end('SIGTERM'));

  it('have numbers, failed cases and summaries, whatever the result of the command', async () => {
    const id = await runs.start('workflow', 'tested');
    await runs.until(id, 'SUCCESS', 'FAILED');
    const { execution } = await server.client.ask<{ execution: { status: string; reports: Report[] } }>(
      `query ($id: ID!) { execution(executionId: $id) { status reports { task report {
        summary summaryTruncated tests { tests failures errors skipped durationMs }
        failed { kind suite name message } warnings } } } }`,
      { id },
    );
    expect(execution.status).toBe('SUCCESS');
    expect(agent.output()).not.toContain('could not send the report');
    const reports = Object.fromEntries(execution.reports.map(({ task, report }) => [task, report]));
    expect(Object.keys(reports).sort()).toEqual(['folder', 'late', 'unit']);
    expect(reports.unit).toEqual({
      summary: '## Tests\n\n***\n',
      summaryTruncated: false,
      tests: { tests: 3, failures: 1, errors: 0, skipped: 0, durationMs: 2000 },
      failed: [{ kind: 'FAILURE', suite: 'Cart', name: 'refuses', message: 'got ***' }],
      warnings: [],
    });
    expect(reports.folder).toMatchObject({
      summary: null,
      tests: { tests: 121, failures: 0, errors: 120 },
      warnings: [
        '$SLIPWAY_SUMMARY: it is not a file',
        'nothing matches "none/*.xml"',
        'broken.xml: line 2: not well-formed XML: Unclosed root tag',
      ],
    });
    expect(reports.folder?.failed).toHaveLength(100);
    expect(reports.late).toMatchObject({ summaryTruncated: true, tests: null });
    expect(reports.late?.summary).toHaveLength(65_536);
    expect((await runs.task(id, 'late')).status).toBe('FAILED');

    const { taskExecution } = await server.client.ask<{ taskExecution: { report: Report['report'] | null } }>(
      'query ($id: ID!) { taskExecution(taskExecutionId: $id) { report { tests { tests failures } } } }',
      { id: (await runs.task(id, 'unit')).id },
    );
    expect(taskExecution.report).toEqual({ tests: { tests: 3, failures: 1 } });

    const { out } = await slipway(server.url, ['run', 'show', id]);
    expect(out).toMatch(/ unit +3 tests, 1 failures, 0 errors, 0 skipped +2/);
    expect(out).toContain('✗ Cart refuses got ***');
    expect(out).toContain('and 90 more');
    expect(out).toContain('## Tests');
  });
});
