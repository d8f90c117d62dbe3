import { unsupported } from './unsupported';

type Args = Readonly<Record<string, unknown>>;
/** Changes arguments of FirstGen into those of the one schema. */
type Adapt = (args: Args) => Args;

interface ServiceInput extends Args {
  readonly name: string;
  readonly image?: string | null;
  readonly artifactValueInput?: ArtifactValue | null;
  readonly manifestValueInput?: unknown;
}

interface Build {
  readonly artifactSourceName: string;
  readonly buildNumber: string;
  readonly parameterValueInputs?: readonly unknown[] | null;
}

interface ArtifactValue {
  readonly artifactId?: { readonly artifactId: string } | null;
  readonly buildNumber?: Build | null;
  readonly parameterizedArtifactSource?: Build | null;
}

/** An artifact source names a repository, and a build number one of its tags. */
function imageOf({ artifactValueInput: value, manifestValueInput, image, ...rest }: ServiceInput): Args {
  if (manifestValueInput != null) {
    throw unsupported('manifestValueInput', 'Slipway has no manifests. Give the chart’s version as a variable.');
  }
  if (value == null) return { ...rest, image };
  const build = value.buildNumber ?? value.parameterizedArtifactSource;
  if (build != null) {
    const { artifactSourceName, buildNumber, parameterValueInputs } = build;
    if (parameterValueInputs?.length) {
      throw unsupported('parameterValueInputs', 'artifact sources have no parameters.');
    }
    return { ...rest, image: `${artifactSourceName}:${buildNumber}` };
  }
  if (value.artifactId != null) return { ...rest, image: value.artifactId.artifactId };
  throw unsupported('artifactValueInput', 'Give a build number or the ID of an artifact.');
}

interface StartInput extends Args {
  readonly serviceInputs?: readonly (ServiceInput | null)[] | null;
  readonly targetToSpecificHosts?: boolean | null;
  readonly specificHosts?: readonly unknown[] | null;
}

function startExecution({ input, ...rest }: Args): Args {
  const { serviceInputs, targetToSpecificHosts, specificHosts, ...given } = input as StartInput;
  if (targetToSpecificHosts || specificHosts?.length) {
    throw unsupported('specificHosts', 'commands choose their hosts. Give the hosts as a variable.');
  }
  return {
    ...rest,
    input: {
      ...given,
      ...(serviceInputs && { serviceInputs: serviceInputs.map((one) => (one === null ? null : imageOf(one))) }),
    },
  };
}

interface PermissionInput extends Args {
  readonly provisioners?: unknown;
  readonly services?: { readonly serviceIds?: readonly unknown[] | null } | null;
  readonly templates?: unknown;
}

/** A filter that is not supported must not be left out: the permission would be wider than the caller wants. */
function checkPermission(permission: PermissionInput | null | undefined): void {
  const { provisioners, services, templates } = permission ?? {};
  if (provisioners != null) throw unsupported('provisioners', 'Slipway has no provisioners.');
  if (templates != null) throw unsupported('templates', 'Slipway has no permissions of templates.');
  if (services?.serviceIds?.length) {
    throw unsupported('serviceIds', 'a permission of services applies to all services of its applications.');
  }
}

/** FirstGen's clients send all settings, most of them empty. One that would send a message must not seem to do so. */
function checkNotifications(settings: Args | null | undefined, path = 'notificationSettings'): void {
  for (const [name, value] of Object.entries(settings ?? {})) {
    if (value === null || value === '' || value === false) continue;
    if (Array.isArray(value) && value.every((one) => one === null || one === '')) continue;
    if (typeof value === 'object' && !Array.isArray(value)) checkNotifications(value as Args, `${path}.${name}`);
    else
      throw unsupported(`${path}.${name}`, 'user groups have no addresses. Create an event subscription for messages.');
  }
}

interface GroupInput extends Args {
  readonly notificationSettings?: Args | null;
  readonly ssoSetting?: unknown;
  readonly appPermission?: PermissionInput | null;
  readonly permissions?: { readonly appPermissions?: readonly (PermissionInput | null)[] | null } | null;
}

function userGroup(args: Args): Args {
  if (args.input == null) return args;
  const { notificationSettings, ssoSetting, ...input } = args.input as GroupInput;
  for (const one of [input.appPermission, ...(input.permissions?.appPermissions ?? [])]) checkPermission(one);
  checkNotifications(notificationSettings);
  if (ssoSetting != null) {
    throw unsupported('ssoSetting', 'a group whose name is in the tokens of the identity provider is linked to it.');
  }
  return { ...args, input };
}

/** Fields whose arguments differ by more than their types. */
export const adaptations: Readonly<Record<string, Adapt>> = {
  'Mutation.startExecution': startExecution,
  'Mutation.createUserGroup': userGroup,
  'Mutation.updateUserGroup': userGroup,
  'Mutation.updateUserGroupPermissions': userGroup,
  'Mutation.addAppPermission': userGroup,
};
