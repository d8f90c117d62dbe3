import { createUnionType } from 'type-graphql';
import { field, listOf, orNull } from '../../kernel/fields';
import { objectType } from '../graphql/described.types';

/** Settings of user groups that FirstGen's clients ask for. */

const NEVER = 'Never produced. Kept for clients of FirstGen.';

const OIDCSettings = objectType('OIDCSettings', 'Link of a user group to the OpenID Connect identity provider.', {
  groupName: field.text('Name of the group in the tokens.'),
  issuer: field.text('Issuer of the tokens.'),
});
const providerFields = {
  groupName: orNull(field.text('Name of the group at the provider.')),
  ssoProviderId: orNull(field.key('ID of the provider.')),
};
const LDAPSettings = objectType('LDAPSettings', `Link of a user group to LDAP. ${NEVER}`, {
  groupDN: orNull(field.text('Distinguished name of the group.')),
  ...providerFields,
});
const SAMLSettings = objectType('SAMLSettings', `Link of a user group to a SAML provider. ${NEVER}`, providerFields);

export const SSOSetting = createUnionType({
  name: 'SSOSetting',
  description: 'Link of a user group to an identity provider.',
  types: () => [OIDCSettings, LDAPSettings, SAMLSettings] as const,
});

const SlackNotificationSetting = objectType('SlackNotificationSetting', 'Slack channel of a user group.', {
  slackChannelName: orNull(field.text('Name of the channel.')),
  slackWebhookURL: orNull(field.text('URL of the incoming webhook.')),
});

export const NotificationSettings = objectType('NotificationSettings', `Addresses of a user group. ${NEVER}`, {
  groupEmailAddresses: listOf(field.text('Email addresses.')),
  microsoftTeamsWebhookUrl: orNull(field.text('URL of the Teams webhook.')),
  sendMailToNewMembers: field.boolean('True if new members get a mail.'),
  sendNotificationToMembers: field.boolean('True if members get notifications.'),
  slackNotificationSetting: orNull(field.object(() => SlackNotificationSetting, 'Slack channel.')),
});
