import 'reflect-metadata';
import { readServerConfig } from './src/config';
import { createLog } from './src/log';
import { startServer } from './src/server';
import { newId } from './src/ids';
import { startExecution } from './src/executions/startExecution';
import { decideApproval } from './src/executions/decideApproval';
import { abortExecution } from './src/executions/abortExecution';
import { systemActor } from './src/access/actor';
import { applicationTable } from './src/applications/applications.table';
import { environmentTable } from './src/environments/environments.table';
import { serviceTable } from './src/services/services.table';
import { workflowTable, workflowRevisionTable } from './src/workflows/workflows.table';
import { pipelineTable, pipelineRevisionTable } from './src/pipelines/pipelines.table';

async function main() {
  const config = readServerConfig({ ...process.env, PORT: '0', SLIPWAY_ADMIN_KEY: 'x'.repeat(20), SLIPWAY_AGENT_TOKEN: 'y'.repeat(20), LOG_LEVEL: 'warn' });
  const s = await startServer(config, createLog({ level: 'warn', pretty: false }));
  const m = s.app.database.manager;
  const now = new Date();
  const base = { description: null, createdAt: now, createdBy: null, updatedAt: now, deletedAt: null };
  const app = { ...base, id: newId(), name: 'app' + newId() };
  await m.insert(applicationTable, app);
  const env = { ...base, id: newId(), applicationId: app.id, name: 'staging', type: 'NON_PROD' as const, variables: { A: '1' } };
  await m.insert(environmentTable, env);
  const svc = { ...base, id: newId(), applicationId: app.id, name: 'web' };
  await m.insert(serviceTable, svc);
  const task = (dependsOn: string[] = []) => ({ description: null, run: 'true', dependsOn, env: {}, labels: {}, timeoutSeconds: 60, graceSeconds: 1, artifacts: { paths: [], from: [] } });
  const wid = newId(), wrid = newId();
  const wdef = { description: null, environment: '${environment}', services: ['web'], variables: [], env: {}, maxParallel: 2, timeoutSeconds: 600, tasks: { a: task(), b: task(), c: task(['a', 'b']), d: task(['c']) } };
  await m.insert(workflowTable, { ...base, id: wid, applicationId: app.id, name: 'deploy', currentRevisionId: wrid });
  await m.insert(workflowRevisionTable, { id: wrid, entityId: wid, number: 1, contentHash: 'x', definition: wdef as never, createdAt: now, createdBy: null });
  const pid = newId(), prid = newId();
  const el = (name: string) => ({ type: 'WORKFLOW', name, workflow: 'deploy', environment: 'staging', services: null, variables: {} });
  const pdef = { description: null, variables: [], timeoutSeconds: 3600, stages: [
    { name: 'STAGE 1', elements: [el('one'), el('two')] },
    { name: 'STAGE 2', elements: [{ type: 'APPROVAL', name: 'ok', approvers: ['x'], timeoutSeconds: 60 }] },
    { name: 'STAGE 3', elements: [el('three')] } ] };
  await m.insert(pipelineTable, { ...base, id: pid, applicationId: app.id, name: 'rel', currentRevisionId: prid });
  await m.insert(pipelineRevisionTable, { id: prid, entityId: pid, number: 1, contentHash: 'x', definition: pdef as never, createdAt: now, createdBy: null });

  const post = async (path: string, token: string, body: unknown) => {
    const r = await fetch(s.url + '/agent/v1/' + path, { method: 'POST', headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const text = await r.text();
    if (r.status >= 400) console.log(path, r.status, text);
    return r.status === 204 ? null : JSON.parse(text);
  };
  const reg = await post('register', 'y'.repeat(20), { name: 'a1', labels: {}, slots: 2 });
  let run = true;
  const fail = new Set<string>();
  const agent = (async () => {
    while (run) {
      const c = await post('claim', reg.token, { slots: 5, waitMs: 500 });
      if (!c) continue;
      const jobs = c.jobs.map((j: any) => ({ jobId: j.jobId, token: j.token }));
      const st = await post('start', reg.token, { jobs });
      for (const j of c.jobs) {
        const r = await fetch(s.url + `/agent/v1/jobs/${j.jobId}/log`, { method: 'POST', headers: { authorization: 'Bearer ' + j.token, 'content-type': 'application/json' }, body: JSON.stringify({ offset: 0, frames: [{ stream: 'stdout', at: new Date().toISOString(), text: 'hé' + j.task + '\n' }] }) });
        if (r.status !== 200) console.log(await r.text());
      }
      if (fail.has('hang')) continue;
      const f = await post('finish', reg.token, { results: c.jobs.map((j: any) => ({ jobId: j.jobId, token: j.token, exitCode: fail.has(j.task) ? 3 : 0, signal: null, reason: null, message: null, logBytes: 4 })) });
      if (f.results.some((x: any) => !x.ok)) console.log(JSON.stringify(f));
    }
  })();
  const wait = async (id: string, cond: (r: any) => boolean) => {
    for (let i = 0; i < 100; i++) {
      const [r] = await s.app.database.rows<any>('select status, failure_details, open_tasks, busy_tasks from execution where id=$1', [id]);
      if (cond(r)) return r;
      await new Promise((res) => setTimeout(res, 50));
    }
    console.log('TIMEOUT', await s.app.database.rows('select id,kind,status,failure_code,open_tasks,busy_tasks from execution where run_id=$1', [id]));
  };
  const input = { applicationId: app.id, entityId: pid, executionType: 'PIPELINE' as const, serviceInputs: [{ name: 'web', image: 'web:1' }], idempotencyKey: 'k1' };
  const ex = await startExecution(s.app, systemActor, input);
  const again = await startExecution(s.app, systemActor, input);
  console.log('same', ex.id === again.id, ex.status);
  console.log(await wait(ex.id, (r) => r.status === 'WAITING'));
  const [ap] = await s.app.database.rows<any>('select id from approval where execution_id=$1', [ex.id]);
  await decideApproval(s.app, systemActor, { action: 'APPROVE', applicationId: app.id, executionId: ex.id, approvalId: ap.id, comments: 'go' });
  console.log(await wait(ex.id, (r) => r.status === 'SUCCESS'));
  console.log(await s.app.database.rows('select stage_name, step_name, status, reason from stage_execution where execution_id=$1 order by stage_index, element_index', [ex.id]));
  console.log(await s.app.database.rows('select count(*), max(sequence), count(distinct execution_id) from execution_event where run_id=$1', [ex.id]));
  console.log(await s.app.database.rows('select image, current from deployment'));
  const gql = async (query: string, variables: any = {}) => { const r = await fetch(s.url + '/graphql', { method: 'POST', headers: { 'x-api-key': 'x'.repeat(20), 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) }); return JSON.stringify(await r.json()); };
  console.log(await gql(`{ execution(executionId: "${ex.id}") { id application { name } cause { ... on ExecutedByAPIKey { apiKey { name } } } durationMs ... on PipelineExecution { status pipelineStageExecutions {
        pipelineStageElementId pipelineStageName pipelineStepName
        ... on ApprovalStageExecution { approvalStepType status }
        ... on WorkflowStageExecution { runtimeInputVariables { allowedValues defaultValue allowMultipleValues fixed name required type } status workflowExecutionId workflowExecution { tasks { name status jobs { status log { bytes } agent { name status } } } cause { ... on ExecutedAlongPipeline { execution { id } } } } } } } } }`));
  console.log(await gql(`{ executions(filters: [{environmentType: {operator: EQUALS, values: [NON_PROD]}, status: {operator: IN, values: ["SUCCESS"]}, duration: {operator: GREATER_THAN, values: [1.5]}}], first: 5) { nodes { id status } pageInfo { total hasMore endCursor } } agents { nodes { name } } }`));
  fail.add('c');
  const ex2 = await startExecution(s.app, systemActor, { ...input, idempotencyKey: null });
  console.log(await wait(ex2.id, (r) => r.status === 'FAILED'));
  console.log(await s.app.database.rows('select stage_name, step_name, status, reason from stage_execution where execution_id=$1 order by stage_index, element_index', [ex2.id]));
  fail.clear(); fail.add('hang');
  const ex3 = await startExecution(s.app, systemActor, { ...input, idempotencyKey: null });
  await wait(ex3.id, (r) => r.status === 'RUNNING');
  const t = Date.now();
  const ab = await abortExecution(s.app, systemActor, { applicationId: app.id, executionId: ex3.id, reason: 'test' });
  console.log('abort answer', ab.status);
  console.log(await wait(ex3.id, (r) => r.status === 'ABORTED'), Date.now() - t, 'ms');
  console.log(await s.app.database.rows('select stage_name, step_name, status, reason from stage_execution where execution_id=$1 order by stage_index, element_index', [ex3.id]));
  console.log(await s.app.database.rows('select * from ready_job'), await s.app.database.rows('select * from job_lease'));
  run = false;
  await agent;
  await s.stop();
}
main().catch((e) => { console.error(e); process.exit(1); });
