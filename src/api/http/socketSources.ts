/**
 * WebSockets of this server, for the `connect-src` of a content security policy: in some browsers 'self' does not cover
 * them. Nothing for an invalid `Host`.
 */
export const socketSources = (host: string | undefined): string =>
  host && /^[a-z0-9.:[\]-]+$/i.test(host) ? ` ws://${host} wss://${host}` : '';
