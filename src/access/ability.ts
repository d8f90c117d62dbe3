import { createMongoAbility, type MongoAbility, type RawRuleOf } from '@casl/ability';
import {
  type AccountPermissionType,
  type Action,
  type AppGrant,
  actionsOfType,
  type DeploymentAction,
  deploymentActions,
  type EntityAction,
  type EnvironmentClass,
  entityActions,
  impliedAccountPermissions,
} from './permission';
import type { Facts, SubjectType } from './subjects';

/** In CASL, the account is a subject without facts: its actions are the account permissions. */
type CaslSubject = SubjectType | 'Account';
export type Ability = MongoAbility<[Action | AccountPermissionType | 'manage', CaslSubject | 'all' | Facts]>;
type Rule = RawRuleOf<Ability>;

/** Input of an ability. */
export interface Rules {
  readonly administrator: boolean;
  /** Of all groups together. */
  readonly accountPermissions: readonly AccountPermissionType[];
  readonly appPermissions: readonly AppGrant[];
  /** Only objects within these applications; null: no such limit. An account permission lies within no application. */
  readonly within: readonly string[] | null;
}

/**
 * Rights as CASL rules. All are `can` rules, so their order does not matter. A rule for many applications is one rule
 * with many IDs: 500 permissions become a few rules, and can use an index. With `about`, only the rules that can matter
 * for this application are made.
 */
export function buildAbility(rules: Rules, about?: string): Ability {
  const { administrator, within } = rules;
  if (administrator && within === null) return withRules([{ action: 'manage', subject: 'all' }]);
  const collector = new RuleCollector((grant) => applicationsOf(grant, within, about));
  if (administrator) collector.add(everyAppPermission);
  for (const grant of rules.appPermissions) collector.add(grant);
  const account = within === null ? accountRules(rules.accountPermissions) : [];
  return withRules([...account, ...collector.rules()]);
}

const withRules = (rules: Rule[]): Ability =>
  createMongoAbility<Ability>(rules, { detectSubjectType: (facts) => facts.kind });

/** Every action in every application. */
export const everyAppPermission: AppGrant = {
  permissionType: 'ALL',
  actions: actionsOfType.ALL,
  applicationScope: 'ALL',
  applicationIds: [],
  environmentScope: 'ALL',
  environmentIds: [],
  environmentTypes: [],
};

export function expandAccountPermissions(types: Iterable<AccountPermissionType>): Set<AccountPermissionType> {
  const expanded = new Set(types);
  for (const type of expanded) {
    const implied = impliedAccountPermissions[type];
    if (implied !== undefined) expanded.add(implied);
  }
  return expanded;
}

function accountRules(types: readonly AccountPermissionType[]): Rule[] {
  const expanded = expandAccountPermissions(types);
  const rules: Rule[] = [...expanded].map((action) => ({ action, subject: 'Account' }));
  // A caller who may delete applications must see which ones exist; their content stays hidden.
  if (expanded.has('CREATE_AND_DELETE_APPLICATION')) {
    rules.push({ action: 'READ', subject: 'Application' }, { action: 'DELETE', subject: 'Application' });
  }
  return rules;
}

/** Elementary right: an action on a kind of object, at targets of one sort. */
interface Right {
  readonly action: Action;
  readonly subject: SubjectType;
  /** For executions: limits the right to pipelines or to standalone workflows. */
  readonly runKind?: 'PIPELINE' | 'WORKFLOW';
}

const entitySubjects = { ENV: 'Environment', SERVICE: 'Service', WORKFLOW: 'Workflow', PIPELINE: 'Pipeline' } as const;

/** A caller who may execute may also abort: an abort does no more than not starting would. */
const deploymentRights: Readonly<Record<DeploymentAction, readonly Right[]>> = {
  READ: [{ action: 'READ', subject: 'Execution' }],
  EXECUTE_PIPELINE: [
    { action: 'EXECUTE_PIPELINE', subject: 'Pipeline' },
    { action: 'EXECUTE_PIPELINE', subject: 'Execution', runKind: 'PIPELINE' },
    { action: 'ABORT_WORKFLOW', subject: 'Execution', runKind: 'PIPELINE' },
  ],
  EXECUTE_WORKFLOW: [
    { action: 'EXECUTE_WORKFLOW', subject: 'Workflow' },
    { action: 'EXECUTE_WORKFLOW', subject: 'Execution', runKind: 'WORKFLOW' },
    { action: 'ABORT_WORKFLOW', subject: 'Execution', runKind: 'WORKFLOW' },
  ],
  ROLLBACK_WORKFLOW: [{ action: 'ROLLBACK_WORKFLOW', subject: 'Execution' }],
  ABORT_WORKFLOW: [{ action: 'ABORT_WORKFLOW', subject: 'Execution' }],
  OVERRIDE_FREEZE: [
    { action: 'OVERRIDE_FREEZE', subject: 'Pipeline' },
    { action: 'OVERRIDE_FREEZE', subject: 'Workflow' },
    { action: 'OVERRIDE_FREEZE', subject: 'Execution' },
  ],
};

const isEntityAction = (action: Action): action is EntityAction =>
  (entityActions as readonly Action[]).includes(action);
const isDeploymentAction = (action: Action): action is DeploymentAction =>
  (deploymentActions as readonly Action[]).includes(action);

/** Everything that a permission grants. A caller who may act on a kind of object may also see it. */
function rightsOf({ permissionType, actions }: AppGrant): Right[] {
  const rights: Right[] = [];
  if (permissionType !== 'DEPLOYMENT') {
    const kinds = permissionType === 'ALL' ? Object.values(entitySubjects) : [entitySubjects[permissionType]];
    const wanted = new Set<EntityAction>(actions.filter(isEntityAction));
    if (wanted.size > 0) wanted.add('READ');
    for (const subject of kinds) for (const action of wanted) rights.push({ action, subject });
    if (permissionType === 'ALL' && wanted.has('UPDATE')) rights.push({ action: 'UPDATE', subject: 'Application' });
  }
  if (permissionType === 'DEPLOYMENT' || permissionType === 'ALL') {
    const wanted = new Set<DeploymentAction>(actions.filter(isDeploymentAction));
    if (wanted.size > 0) wanted.add('READ');
    for (const action of wanted) rights.push(...deploymentRights[action]);
  }
  return rights;
}

type Applications = 'ALL' | Set<string>;

function applicationsOf(
  { applicationScope, applicationIds }: AppGrant,
  within: Rules['within'],
  about: string | undefined,
): Applications {
  const given = applicationScope === 'ALL' ? 'ALL' : new Set(applicationIds);
  const left = within === null ? given : new Set(within.filter((id) => given === 'ALL' || given.has(id)));
  if (left === 'ALL' || about === undefined) return left;
  return new Set(left.has(about) ? [about] : []);
}

interface Collected extends Right {
  /** Targets: all, including objects without one; a class of them; or some by ID. */
  readonly at: 'ANYWHERE' | EnvironmentClass | Set<string>;
  applications: Applications;
}

/** Merges rights that differ only in their applications, or only in their environments. */
class RuleCollector {
  private readonly collected = new Map<string, Collected>();

  constructor(private readonly applicationsOf: (grant: AppGrant) => Applications) {}

  add(grant: AppGrant): void {
    const applications = this.applicationsOf(grant);
    if (applications !== 'ALL' && applications.size === 0) return;
    this.collect({ action: 'READ', subject: 'Application' }, 'ANYWHERE', applications);
    for (const right of rightsOf(grant)) {
      if (right.subject === 'Application' || grant.environmentScope === 'ALL') {
        this.collect(right, 'ANYWHERE', applications);
      } else if (grant.environmentScope === 'TYPES') {
        for (const type of grant.environmentTypes) this.collect(right, type, applications);
      } else this.collectIds(right, grant.environmentIds, applications);
    }
  }

  rules(): Rule[] {
    return [...this.collected.values()].map(({ action, subject, runKind, at, applications }) => {
      const conditions = {
        ...(applications !== 'ALL' && { applicationId: { $in: [...applications] } }),
        ...(runKind !== undefined && { runKind }),
        ...(at instanceof Set && { environmentId: { $in: [...at] } }),
        ...(at === 'TEMPLATE' && { template: true }),
        ...((at === 'PROD' || at === 'NON_PROD') && { environmentType: at }),
      };
      // CASL expresses "unconditional" by no conditions at all, and evaluates that faster.
      return Object.keys(conditions).length === 0 ? { action, subject } : { action, subject, conditions };
    });
  }

  private collect(right: Right, at: 'ANYWHERE' | EnvironmentClass, applications: Applications): void {
    const key = `${keyOf(right)} ${at}`;
    const known = this.collected.get(key);
    if (known === undefined) {
      this.collected.set(key, { ...right, at, applications: applications === 'ALL' ? 'ALL' : new Set(applications) });
    } else if (applications === 'ALL') known.applications = 'ALL';
    else if (known.applications !== 'ALL') for (const id of applications) known.applications.add(id);
  }

  /** Only for the same applications: an ID that was given for one application must not count for another. */
  private collectIds(right: Right, environmentIds: readonly string[], applications: Applications): void {
    const key = `${keyOf(right)} ${applications === 'ALL' ? 'ALL' : [...applications].sort().join()}`;
    const known = this.collected.get(key);
    if (known === undefined) this.collected.set(key, { ...right, at: new Set(environmentIds), applications });
    else if (known.at instanceof Set) for (const id of environmentIds) known.at.add(id);
  }
}

const keyOf = ({ action, subject, runKind }: Right): string => `${action} ${subject} ${runKind ?? ''}`;
