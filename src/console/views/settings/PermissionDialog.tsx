import { useState } from 'react';
import type { AccountPermissionType, Actions, AppPermissionType } from '../../../client/generated';
import { useAction } from '../../data/hooks';
import { Checkbox, Select } from '../../parts/Field';
import { FormDialog } from '../../parts/FormDialog';
import { PickerField } from '../../parts/PickerField';
import { toast } from '../../parts/Toast';
import {
  SettingsAddAccountPermissionDocument,
  SettingsAddAppPermissionDocument,
  type SettingsAddAppPermissionMutationVariables,
} from './generated';
import { useChoices, usePlaces } from './names';
import { accountPermissionNames, actionNames, actionsOf, typeNames } from './permissionText';
import styles from './Settings.module.css';

type Kind = AppPermissionType | 'ACCOUNT';
type Scope = 'all' | 'production' | 'other' | 'some';
type Permission = SettingsAddAppPermissionMutationVariables['input']['appPermission'];

const kindOptions: readonly { readonly value: Kind; readonly label: string }[] = [
  { value: 'DEPLOYMENT', label: 'Runs: start, abort, roll back' },
  { value: 'PIPELINE', label: 'Pipelines' },
  { value: 'WORKFLOW', label: 'Workflows' },
  { value: 'ENV', label: 'Environments' },
  { value: 'SERVICE', label: 'Services' },
  { value: 'ALL', label: 'Everything in an application' },
  { value: 'ACCOUNT', label: 'The account' },
];
const scopeOptions: readonly { readonly value: Scope; readonly label: string }[] = [
  { value: 'all', label: 'All environments' },
  { value: 'production', label: 'Production environments' },
  { value: 'other', label: 'Non-production environments' },
  { value: 'some', label: 'Only some environments …' },
];
const accountOptions = Object.entries(accountPermissionNames).map(([value, label]) => ({ value, label }));

/** Adds a permission to a group, composed as the sentence that the group then shows. */
export function PermissionDialog({ groupId, onClose }: { readonly groupId: string; readonly onClose: () => void }) {
  const { applicationChoices, loading } = useChoices();
  const { environmentNodes, loading: loadingPlaces } = usePlaces();
  const [kind, setKind] = useState<Kind>('DEPLOYMENT');
  const [accountPermission, setAccountPermission] = useState<AccountPermissionType>('READ_USERS_AND_GROUPS');
  const [actions, setActions] = useState<ReadonlySet<Actions>>(new Set(['READ']));
  const [applications, setApplications] = useState<readonly string[]>([]);
  const [scope, setScope] = useState<Scope>('all');
  const [environments, setEnvironments] = useState<readonly string[]>([]);
  const toAccount = useAction(SettingsAddAccountPermissionDocument, { keyed: false });
  const toApplications = useAction(SettingsAddAppPermissionDocument, { keyed: false });
  const scoped = kind !== 'ALL' && kind !== 'SERVICE' && kind !== 'ACCOUNT';
  const offered = environmentNodes.filter(
    ({ application }) => applications.length === 0 || applications.includes(application?.id ?? ''),
  );
  const save = async () => {
    const done =
      kind === 'ACCOUNT'
        ? await toAccount.run({ input: { userGroupId: groupId, accountPermission } })
        : await toApplications.run({
            input: {
              userGroupId: groupId,
              appPermission: {
                permissionType: kind,
                actions: [...actions],
                applications: applications.length === 0 ? { filterType: 'ALL' } : { appIds: [...applications] },
                ...(scoped && scope !== 'all' && filterOf(kind, scope, environments)),
              },
            },
          });
    if (done === undefined) return;
    toast('The permission was added.');
    onClose();
  };
  const toggle = (action: Actions) =>
    setActions((before) => {
      const next = new Set(before);
      if (!next.delete(action)) next.add(action);
      return next;
    });
  return (
    <FormDialog
      title="Add a permission"
      label="Add the permission"
      onClose={onClose}
      onSubmit={() => void save()}
      action={kind === 'ACCOUNT' ? toAccount : toApplications}
      disabledBecause={kind !== 'ACCOUNT' && actions.size === 0 ? 'Choose at least one action.' : undefined}
    >
      {(problemOf) => (
        <>
          <Select
            label="For"
            options={kindOptions}
            value={kind}
            onChange={({ target }) => {
              const next = target.value as Kind;
              setKind(next);
              if (next !== 'ACCOUNT') setActions(new Set(['READ']));
            }}
          />
          {kind === 'ACCOUNT' ? (
            <Select
              label="Permission"
              options={accountOptions}
              value={accountPermission}
              problem={problemOf('accountPermission')}
              onChange={({ target }) => setAccountPermission(target.value as AccountPermissionType)}
            />
          ) : (
            <>
              <fieldset className={styles.checks}>
                <legend>Members may</legend>
                {actionsOf[kind].map((action) => (
                  <Checkbox
                    key={action}
                    label={labelOf(action, kind)}
                    checked={actions.has(action)}
                    onChange={() => toggle(action)}
                  />
                ))}
              </fieldset>
              <PickerField
                label="Applications"
                empty="All applications, also future ones"
                multiple
                choices={applicationChoices}
                loading={loading}
                value={applications}
                problem={problemOf('appPermission')}
                onChange={setApplications}
              />
              {scoped && (
                <Select
                  label="Environments"
                  options={scopeOptions}
                  value={scope}
                  onChange={({ target }) => setScope(target.value as Scope)}
                />
              )}
              {scoped && scope === 'some' && (
                <PickerField
                  label="Which environments"
                  empty="Choose environments"
                  multiple
                  choices={offered.map(({ id, name, application }) => ({
                    value: id,
                    label: name,
                    hint: application?.name,
                  }))}
                  loading={loadingPlaces}
                  value={environments}
                  onChange={setEnvironments}
                />
              )}
            </>
          )}
        </>
      )}
    </FormDialog>
  );
}

function labelOf(action: Actions, kind: AppPermissionType): string {
  const isEntity = ['CREATE', 'READ', 'UPDATE', 'DELETE'].includes(action);
  const text = isEntity ? `${actionNames[action]} ${typeNames[kind]}` : actionNames[action];
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function filterOf(kind: AppPermissionType, scope: Scope, envIds: readonly string[]): Partial<Permission> {
  const ids = { envIds: [...envIds] };
  const production = scope === 'production';
  if (kind === 'PIPELINE')
    return {
      pipelines:
        scope === 'some' ? ids : { filterTypes: [production ? 'PRODUCTION_PIPELINES' : 'NON_PRODUCTION_PIPELINES'] },
    };
  if (kind === 'WORKFLOW')
    return {
      workflows:
        scope === 'some' ? ids : { filterTypes: [production ? 'PRODUCTION_WORKFLOWS' : 'NON_PRODUCTION_WORKFLOWS'] },
    };
  const environments =
    scope === 'some'
      ? ids
      : { filterTypes: [production ? ('PRODUCTION_ENVIRONMENTS' as const) : ('NON_PRODUCTION_ENVIRONMENTS' as const)] };
  return kind === 'ENV' ? { environments } : { deployments: environments };
}
