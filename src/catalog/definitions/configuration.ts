import { type Application, applications } from '../applications/applications';
import type { Db } from '../../kernel/database/database';
import type { BatchLoad } from '../../kernel/loaders';
import { type Environment, environments } from '../environments/environments';
import type { PipelineDefinition } from '../language/pipeline';
import { pipelines } from '../pipelines/pipelines';
import { type Service, services } from '../services/services';
import type { WorkflowDefinition } from '../language/workflow';
import { workflows } from '../workflows/workflows';
import { type Trigger, triggers } from '../triggers/triggers';
import type { Defined } from './definedRows.store';

/** An application with all of its current parts, by name. */
export interface Configuration {
  readonly application: Application;
  readonly environments: ReadonlyMap<string, Environment>;
  readonly services: ReadonlyMap<string, Service>;
  readonly workflows: ReadonlyMap<string, Defined<WorkflowDefinition>>;
  readonly pipelines: ReadonlyMap<string, Defined<PipelineDefinition>>;
  readonly triggers: ReadonlyMap<string, Trigger>;
}

/** Configurations by the application's name; seven statements for any number of applications and parts. */
export async function loadConfigurations(
  db: Db,
  applications: readonly Application[],
): Promise<ReadonlyMap<string, Configuration>> {
  const ids = applications.map((application) => application.id);
  const environmentRows = await environments.ofApplications(db, ids);
  const serviceRows = await services.ofApplications(db, ids);
  const workflowRows = await workflows.definedIn(db, ids);
  const pipelineRows = await pipelines.definedIn(db, ids);
  const triggerRows = await triggers.ofApplications(db, ids);
  return new Map(
    applications.map((application) => {
      const own = (row: { readonly applicationId: string }) => row.applicationId === application.id;
      const configuration: Configuration = {
        application,
        environments: new Map(environmentRows.filter(own).map((row) => [row.name, row])),
        services: new Map(serviceRows.filter(own).map((row) => [row.name, row])),
        workflows: new Map(workflowRows.filter(({ row }) => own(row)).map((one) => [one.row.name, one])),
        pipelines: new Map(pipelineRows.filter(({ row }) => own(row)).map((one) => [one.row.name, one])),
        triggers: new Map(triggerRows.filter(own).map((row) => [row.name, row])),
      };
      return [application.name, configuration];
    }),
  );
}

/** By the application's ID, for rights to what its definitions say. */
export const configurationOf: BatchLoad<Configuration> = async ({ database }, applicationIds) => {
  const rows = await applications.findAll(database, 'row.id = ANY ($1::uuid[])', [applicationIds]);
  const loaded = await loadConfigurations(database, rows);
  return new Map([...loaded.values()].map((configuration) => [configuration.application.id, configuration]));
};

export async function loadConfiguration(db: Db, application: Application): Promise<Configuration> {
  const configuration = (await loadConfigurations(db, [application])).get(application.name);
  if (configuration === undefined) throw new Error(`the application ${application.id} has no configuration`);
  return configuration;
}
