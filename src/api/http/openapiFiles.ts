import { z } from 'zod';
import { artifactMode, artifactTypes } from '../../contract/agentProtocol';
import { exportStatus } from '../../runs/exports/executionExport';
import type { Answer, Described, Parameter } from './openapiTypes';

const bytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
const plain = { 'text/plain': { schema: { type: 'string' } } };

const inQuery = (name: string, description: string, schema: z.ZodType, required = false): Parameter => ({
  ...{ in: 'query', name, description, schema, required },
});
const inHeader = (name: string, description: string, schema: z.ZodType, required = false): Parameter => ({
  ...{ in: 'header', name, description, schema, required },
});
const ofLink = (required: boolean) => [
  inQuery('expires', 'Time at which the link expires, from the link', z.string(), required),
  inQuery('signature', 'Signature of the link', z.string(), required),
];

const range = inHeader('Range', 'Part to send, such as `bytes=0-1023`. Other forms send everything', z.string());
const ifNoneMatch = inHeader('If-None-Match', 'ETag of the content that the caller has', z.string());
const ifRange = inHeader(
  'If-Range',
  'ETag for which `Range` applies. With another one, everything is sent',
  z.string(),
);
const etag = { ETag: 'SHA-256 of the content, quoted' };
const contentRange = { 'Content-Range': 'Position of the part, and the size of the whole' };
const unchanged: Answer = { description: 'The caller has this content', headers: etag };
const unsatisfiable = (content: Answer['content']): Answer => ({
  description: 'The range is beyond the end',
  headers: { 'Content-Range': 'Size of the whole' },
  ...(content !== undefined && { content }),
});

const ofArtifact = {
  'X-Slipway-Sha256': 'SHA-256 of the content in hexadecimal digits',
  'X-Slipway-Type': `Type of the artifact: ${artifactTypes.join(', ')}`,
  'X-Slipway-Mode': 'Mode of the file in three octal digits',
};
/** Headers and answers of `sendArtifact`. */
const download: Pick<Described, 'answers'> & { readonly parameters: readonly Parameter[] } = {
  parameters: [range, ifNoneMatch, ifRange],
  answers: {
    200: { description: 'All of the content', content: bytes, headers: { ...etag, ...ofArtifact } },
    206: { description: 'Part of the content', content: bytes, headers: { ...etag, ...ofArtifact, ...contentRange } },
    304: unchanged,
    416: unsatisfiable(undefined),
  },
};

const exportLink = { parameters: { id: 'ID of the export: `requestId` of `exportExecutions`' }, security: [] };
const shownExport = z.object({
  requestId: z.uuid(),
  status: z.enum(Object.keys(exportStatus.values)),
  totalExecutions: z.number().int(),
  triggeredAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  errorMessage: z.string().nullable(),
  statusLink: z.string(),
  downloadLink: z.string(),
});

const ofJob = { jobId: 'ID of the job' };
const ofUpload = { ...ofJob, artifact: 'Name of the file, percent-encoded: a slash is `%2F`' };
const size = z.number().int().nonnegative();
const announced = [
  inHeader('X-Slipway-Sha256', 'SHA-256 of the content in hexadecimal digits', z.string(), true),
  inHeader('X-Slipway-Type', 'Type of the artifact. Defaults to FILE', z.enum(artifactTypes)),
  inHeader('X-Slipway-Mode', 'Mode of the file. Defaults to 644', artifactMode),
];
const announcedSize = inHeader('X-Slipway-Size', 'Size of the whole file in bytes', size, true);
const stored = z.object({ artifactId: z.uuid() });
const uploadErrors = [
  ...([
    'UNAUTHENTICATED',
    'NOT_FOUND',
    'INVALID_INPUT',
    'STALE_CLAIM',
    'ARTIFACT_EXISTS',
    'ARTIFACT_MISMATCH',
  ] as const),
  ...(['TOO_LARGE', 'STORAGE_FULL'] as const),
];
const newFile: Answer = { description: 'The file is stored', response: stored };
const sameFile: Answer = { description: 'The job had uploaded the same file', response: stored };
const offset = { 'Upload-Offset': 'Number of bytes that the server has' };

const cacheKey = inQuery('key', 'Key of the cache, 1 to 500 characters', z.string().min(1).max(500), true);

/** Routes whose requests or responses are contents rather than JSON. */
export const fileRoutes: Readonly<Record<string, Described>> = {
  'GET /artifacts/{id}': {
    summary: 'Content of an artifact; also with the signature of a signed link',
    path: { id: 'ID of the artifact' },
    parameters: [...ofLink(false), ...download.parameters],
    // The signature of a link replaces a key.
    security: [{ apiKey: [] }, { token: [] }, {}],
    answers: download.answers,
    errors: ['UNAUTHENTICATED', 'NOT_FOUND', 'ARTIFACT_DELETED', 'RATE_LIMITED'],
  },
  'GET /exports/{id}': {
    summary: 'Archive of executions, with the signature of its link',
    path: exportLink.parameters,
    parameters: ofLink(true),
    security: exportLink.security,
    answers: {
      200: {
        description: 'Executions as lines of JSON, compressed',
        content: { 'application/gzip': { schema: { type: 'string', format: 'binary' } } },
      },
    },
    errors: ['UNAUTHENTICATED', 'NOT_FOUND', 'EXPORT_NOT_READY', 'EXPORT_FAILED'],
  },
  'GET /exports/{id}/status': {
    summary: 'Status of an export of executions, with the signature of its link',
    path: exportLink.parameters,
    parameters: ofLink(true),
    security: exportLink.security,
    response: shownExport,
    errors: ['UNAUTHENTICATED', 'NOT_FOUND'],
  },
  'GET /jobs/{id}/log': {
    summary: 'Log of a job as text, to its present end',
    path: { id: 'ID of the job' },
    parameters: [
      inQuery(
        'timestamps',
        '`true` puts the time before each line. Ranges then have no effect',
        z.enum(['true', 'false']),
      ),
      ...[range, ifNoneMatch, ifRange],
    ],
    answers: {
      200: { description: 'All of the log. Complete logs have an ETag', content: plain, headers: etag },
      206: { description: 'Part of the log', content: plain, headers: contentRange },
      304: unchanged,
      416: unsatisfiable(plain),
    },
    errors: ['UNAUTHENTICATED', 'NOT_FOUND', 'RATE_LIMITED'],
  },
  'GET /agent/v1/jobs/{jobId}/artifacts/{artifact}': {
    summary: 'Content of a file that a job may download',
    path: { ...ofJob, artifact: 'ID of the artifact' },
    ...download,
    errors: ['UNAUTHENTICATED', 'NOT_FOUND', 'STALE_CLAIM', 'ARTIFACT_DELETED'],
  },
  'HEAD /agent/v1/jobs/{jobId}/artifacts/{artifact}': {
    summary: 'Offset from which an upload continues',
    path: ofUpload,
    parameters: [...announced, announcedSize],
    answers: {
      200: { description: 'The offset', headers: { ...offset, 'Upload-Length': 'Size of the whole file' } },
    },
    errors: uploadErrors,
  },
  'PUT /agent/v1/jobs/{jobId}/artifacts/{artifact}': {
    summary: 'Uploads a whole file',
    path: ofUpload,
    parameters: [...announced, inHeader('Content-Length', 'Size of the file in bytes', size, true)],
    body: bytes,
    answers: { 200: sameFile, 201: newFile },
    errors: uploadErrors,
  },
  'PATCH /agent/v1/jobs/{jobId}/artifacts/{artifact}': {
    summary: 'Continues an upload at its offset',
    path: ofUpload,
    parameters: [
      ...announced,
      announcedSize,
      inHeader('Upload-Offset', 'Position of the body in the file', size, true),
    ],
    body: bytes,
    answers: {
      200: { ...sameFile, headers: offset },
      201: { ...newFile, headers: offset },
      204: { description: 'More of the file is to come', headers: offset },
    },
    errors: [...uploadErrors, 'UPLOAD_GAP'],
  },
  'GET /agent/v1/jobs/{jobId}/cache': {
    summary: 'Content of a cache, by key or prefixes',
    path: ofJob,
    parameters: [
      cacheKey,
      inQuery(
        'prefixes',
        'JSON list of up to 10 prefixes of keys, tried in order if the key has no cache',
        z.string(),
        false,
      ),
    ],
    answers: {
      200: {
        description: 'Content of the cache',
        content: bytes,
        headers: { 'X-Slipway-Cache-Key': 'Key that was found, percent-encoded', 'X-Slipway-Sha256': 'SHA-256 of it' },
      },
    },
    errors: ['UNAUTHENTICATED', 'NOT_FOUND', 'INVALID_INPUT', 'STALE_CLAIM'],
  },
  'PUT /agent/v1/jobs/{jobId}/cache': {
    summary: 'Saves a cache under a key',
    path: ofJob,
    parameters: [cacheKey],
    body: bytes,
    answers: {
      200: { description: 'The key has a cache, which is kept', response: z.object({ created: z.boolean() }) },
      201: { description: 'The cache is stored', response: z.object({ created: z.boolean() }) },
    },
    errors: ['UNAUTHENTICATED', 'NOT_FOUND', 'INVALID_INPUT', 'STALE_CLAIM', 'TOO_LARGE', 'STORAGE_FULL'],
  },
};
