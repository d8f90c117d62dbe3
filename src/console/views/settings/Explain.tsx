import { useMemo } from 'react';
import { Link } from 'wouter';
import type { AppPermissionType } from '../../../client/generated';
import { useData } from '../../data/hooks';
import { useUrlState } from '../../data/urlState';
import { Empty } from '../../parts/Empty';
import { ErrorNote } from '../../parts/ErrorNote';
import { Panel } from '../../parts/Panel';
import type { Choice } from '../../parts/Picker';
import { PickerField } from '../../parts/PickerField';
import { Skeleton } from '../../parts/Skeleton';
import { Status } from '../../parts/Status';
import { SettingsExplainDocument, type SettingsExplainQuery, SettingsUserChoicesDocument } from './generated';
import { useChoices, usePlaces } from './names';
import { SettingsHead } from './parts';
import { accountPermissionNames, actionNames, actionsOf, permissionSentence, typeNames } from './permissionText';
import styles from './Settings.module.css';

const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const kinds: readonly AppPermissionType[] = ['PIPELINE', 'WORKFLOW', 'ENV', 'SERVICE'];

/** `ACTION` or `ACTION:KIND`, as the address holds it. */
const inApplications: readonly Choice[] = [
  ...actionsOf.DEPLOYMENT.filter((one) => one !== 'READ').map((one) => ({
    value: one,
    label: upper(actionNames[one]),
  })),
  { value: 'READ:DEPLOYMENT', label: 'See runs' },
  ...kinds.flatMap((kind) =>
    actionsOf[kind].map((one) => ({ value: `${one}:${kind}`, label: upper(`${actionNames[one]} ${typeNames[kind]}`) })),
  ),
  { value: 'UPDATE:ALL', label: 'Change the application itself' },
];
const inAccount: readonly Choice[] = Object.entries(accountPermissionNames).map(([value, label]) => ({
  ...{ value, label },
  hint: 'account',
}));
const actions: readonly Choice[] = [...inApplications, ...inAccount];
const isAccount = (action: string) => inAccount.some(({ value }) => value === action);

/** May a person do something, and by which group and permission? Asks the rules that decide requests. */
export default function Explain() {
  const url = useUrlState();
  const users = useData(SettingsUserChoicesDocument, {});
  const { applicationChoices, loading } = useChoices();
  const { environmentNodes } = usePlaces();
  const [user, action, application, environment] = ['user', 'action', 'application', 'environment'].map((name) =>
    url.get(name),
  ) as [string, string, string, string];
  const account = isAccount(action);
  const offered = environmentNodes.filter((one) => one.application?.id === application);
  const person = users.data?.users.nodes.find(({ id }) => id === user);
  return (
    <>
      <SettingsHead
        title="Who may do what"
        lead="Choose a person and an action: the answer comes from the rules that decide requests, with the group and the permission behind it."
      />
      <ErrorNote error={users.error} onRetry={users.refresh} />
      <div className={styles.stack}>
        <Panel>
          <div className={styles.question}>
            <PickerField
              label="Person"
              empty="Choose a person"
              choices={(users.data?.users.nodes ?? []).map(({ id, name, email }) => ({
                ...{ value: id, label: name },
                hint: email,
              }))}
              loading={users.loading}
              value={user === '' ? [] : [user]}
              onChange={(value) => url.set({ user: value })}
            />
            <PickerField
              label="May"
              empty="Choose an action"
              choices={actions}
              value={action === '' ? [] : [action]}
              onChange={(value) => url.set({ action: value })}
            />
            {!account && (
              <PickerField
                label="In"
                empty="Choose an application"
                choices={applicationChoices}
                loading={loading}
                value={application === '' ? [] : [application]}
                onChange={(value) => url.set({ application: value, environment: undefined })}
              />
            )}
            {!account && (
              <PickerField
                label="Environment"
                empty="The application as a whole"
                choices={offered.map(({ id, name, type }) => ({
                  ...{ value: id, label: name },
                  hint: type === 'PROD' ? 'production' : 'non-production',
                }))}
                value={environment === '' ? [] : [environment]}
                onChange={(value) => url.set({ environment: value })}
              />
            )}
          </div>
        </Panel>
        {user !== '' && action !== '' && (account || application !== '') ? (
          <Answer {...{ user, action, application, environment }} name={person?.name ?? 'This person'} />
        ) : (
          <Panel>
            <Empty icon="help" title="Choose a person and an action">
              For actions in an application, choose the application too. The address of the answer can be sent to
              somebody.
            </Empty>
          </Panel>
        )}
      </div>
    </>
  );
}

interface AnswerProps {
  readonly user: string;
  readonly action: string;
  readonly application: string;
  readonly environment: string;
  readonly name: string;
}

function Answer({ user, action, application, environment, name }: AnswerProps) {
  const [verb = '', kind] = action.split(':');
  const variables = useMemo(
    () => ({
      ...{ userId: user, action: verb, permissionType: (kind as AppPermissionType | undefined) ?? null },
      ...(isAccount(action)
        ? { applicationId: null, environmentId: null }
        : { applicationId: application, environmentId: environment || null }),
    }),
    [user, action, verb, kind, application, environment],
  );
  const { data, error, loading, refresh } = useData(SettingsExplainDocument, variables);
  const answer = data?.explainPermission;
  const what = actions.find(({ value }) => value === action)?.label ?? action;
  if (loading) return <Skeleton label="Asking" rows={3} />;
  return (
    <Panel title="Answer">
      <ErrorNote error={error} onRetry={refresh} />
      {answer && (
        <div className={styles.answer} aria-live="polite">
          <p>
            <Status status={answer.allowed ? 'APPROVED' : 'REJECTED'} as="badge">
              {answer.allowed ? 'Yes' : 'No'}
            </Status>{' '}
            {answer.allowed
              ? `${name} may ${what.charAt(0).toLowerCase()}${what.slice(1)}.`
              : `${name} may not ${what.charAt(0).toLowerCase()}${what.slice(1)}. ${answer.message ?? ''}`}
          </p>
          {answer.allowed ? (
            <Reasons reasons={answer.reasons} />
          ) : (
            <p className={styles.quiet}>
              To allow it, add the permission to one of the person’s <Link href="/settings/groups">user groups</Link>,
              or the person to a group that has it.
            </p>
          )}
        </div>
      )}
    </Panel>
  );
}

type Reason = NonNullable<SettingsExplainQuery['explainPermission']>['reasons'][number];

function Reasons({ reasons }: { readonly reasons: readonly Reason[] }) {
  const choices = useChoices();
  const places = usePlaces();
  const textOf = ({ accountPermission, appPermission }: Reason) => {
    if (accountPermission !== null) return `${accountPermissionNames[accountPermission]}.`;
    if (appPermission !== null) return permissionSentence(appPermission, choices, places);
    return 'Administrators may do everything.';
  };
  return (
    <>
      <h3>{reasons.length === 1 ? 'Because of one permission' : `Because of any of ${reasons.length} permissions`}</h3>
      <ul className={styles.reasons} aria-label="Reasons">
        {reasons.map((reason) => (
          <li key={`${reason.group.id} ${reason.accountPermission ?? reason.appPermission?.id}`}>
            <Link href={`/settings/groups/${reason.group.id}`}>{reason.group.name}</Link>: {textOf(reason)}
          </li>
        ))}
      </ul>
    </>
  );
}
