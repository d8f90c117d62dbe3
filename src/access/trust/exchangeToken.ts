import type { JWTPayload } from 'jose';
import { Refusal } from '../../kernel/errors';
import { hashSecret, newId } from '../../kernel/ids';
import { isStorable } from '../../kernel/naming';
import { newKeyValue } from '../apiKeyInput';
import type { ApiKey } from '../apiKeys';
import { insertApiKey } from '../apiKeys.store';
import type { App } from '../app';
import { audit } from '../audit/audited';
import { claimedIssuer, invalidToken } from '../tokenVerifier';
import { unmetPart } from './matchTrustRule';
import type { TrustRule } from './trustRules';
import {
  deleteExpired,
  findExistingGroups,
  findRulesOfIssuer,
  lockRuleForUse,
  noteRuleUse,
  takeToken,
} from './trustRules.store';

/** Records of exchanged tokens are kept longer, so that no token can be exchanged twice. */
const OLDEST_TOKEN_SECONDS = 86_400;
const KEEP_MS = 7 * 86_400_000;

export interface ExchangedKey {
  readonly value: string;
  readonly apiKey: ApiKey;
  readonly rule: string;
  readonly subject: string;
}

/**
 * Exchanges the token of a CI job for a short-lived API key with the groups of the first trust rule that the token
 * meets. A token works once. The key is named after the rule and the subject, so that events and audit show both.
 */
export async function exchangeToken(
  app: App,
  token: string,
  request: { readonly id: string; readonly address: string },
): Promise<ExchangedKey> {
  const issuer = await claimedIssuer(token);
  const rules = issuer !== null && isStorable(issuer) ? await findRulesOfIssuer(app.database, issuer) : [];
  // Nothing is fetched for an issuer that no rule names.
  if (issuer === null || rules.length === 0) throw invalidToken();
  const audiences = [...new Set(rules.map(({ audience }) => audience))];
  const payload = await app.trustedIssuers.of(issuer).verify(token, audiences, OLDEST_TOKEN_SECONDS);
  const subject = payload.sub ?? '';
  if (subject.trim() === '' || !isStorable(subject)) throw invalidToken();
  const rule = rules.find((one) => unmetPart(one, payload) === undefined);
  if (rule === undefined) throw refuse(app, rules, payload, request.id);
  return issueKey(app, rule, { issuer, subject, tokenHash: hashSecret(signedText(token)) }, request);
}

/** The text under the signature identifies a token: a signature has several spellings that are all valid. */
const signedText = (token: string): string => token.slice(0, token.lastIndexOf('.'));

async function issueKey(
  app: App,
  { id: ruleId }: TrustRule,
  { issuer, subject, tokenHash }: { readonly issuer: string; readonly subject: string; readonly tokenHash: string },
  request: { readonly id: string; readonly address: string },
): Promise<ExchangedKey> {
  const { value, prefix, secretHash } = newKeyValue('swk');
  const issued = await app.database.transaction(async (db) => {
    const now = app.clock.now();
    const rule = await lockRuleForUse(db, ruleId);
    if (rule === undefined) throw invalidToken();
    if (!(await takeToken(db, tokenHash, now))) {
      throw new Refusal('UNAUTHENTICATED', 'This token was exchanged before. Request a new one from the CI system.');
    }
    const apiKey: ApiKey = {
      ...{ id: newId(), name: `${rule.name} (${subject})`.slice(0, 300), prefix, ownerId: null },
      ...{ groupIds: await findExistingGroups(db, rule.userGroupIds), applicationIds: rule.applicationIds },
      ...{ createdAt: now, createdBy: null, expiresAt: new Date(now.getTime() + rule.lifetimeSeconds * 1000) },
      ...{ lastUsedAt: null, revokedAt: null, trustRuleId: rule.id },
    };
    await insertApiKey(db, apiKey, secretHash);
    await noteRuleUse(db, rule.id, now);
    const { id, name } = apiKey;
    const attempt = { actor: { kind: 'API_KEY', id, name }, address: request.address, requestId: request.id } as const;
    const input = { trustRuleId: rule.id, rule: rule.name, issuer, subject };
    await audit(
      app,
      db,
      { ...attempt, action: 'trustRule.exchange', input },
      { kind: 'apiKey', id, name, after: apiKey },
    );
    return { value, apiKey, rule: rule.name, subject };
  });
  app.log.info(
    { requestId: request.id, rule: issued.rule, issuer, subject, apiKeyId: issued.apiKey.id },
    'a CI job signed in by a trust rule',
  );
  return issued;
}

/** The signature is verified, so the message tells the caller nothing but its own claims. The log has the reasons. */
function refuse(app: App, rules: readonly TrustRule[], payload: JWTPayload, requestId: string): Refusal {
  const unmet = rules.map((rule) => ({ rule: rule.name, claim: unmetPart(rule, payload) }));
  app.log.info({ requestId, issuer: payload.iss, subject: payload.sub, unmet }, 'no trust rule accepts a token');
  const message = `No trust rule accepts a token of ${payload.iss} with the subject "${payload.sub}".`;
  return new Refusal('FORBIDDEN', message, { issuer: payload.iss, subject: payload.sub });
}

/** Deletes expired keys, and records of tokens that are too old to be exchanged. */
export const deleteExpiredKeys = (app: App): Promise<number> =>
  deleteExpired(app.database, new Date(app.clock.now().getTime() - KEEP_MS));
