import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type ByteRange, type Content, ContentMissing, type ContentStore, placeOf } from './contentStore';

export interface S3Settings {
  readonly bucket: string;
  /** Undefined for AWS. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Prepended to the names of all objects. */
  readonly prefix: string;
  /** Undefined for the credentials that the AWS SDK finds: environment, profile, or role of the machine. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

/** Files up to this size take one request. */
const PART_BYTES = 8 * 1024 ** 2;
/** S3 allows no more. */
const MOST_PARTS = 10_000;
const PARTS_AT_ONCE = 3;

/** Content in a bucket of any store that speaks S3. */
export class S3Store implements ContentStore {
  private readonly client: S3Client;

  constructor(private readonly settings: S3Settings) {
    const { endpoint, region, credentials } = settings;
    this.client = new S3Client({
      region,
      ...(credentials && { credentials }),
      // Other stores rarely have a host name for each bucket, and do not know the checksums that newer SDKs add.
      ...(endpoint && { endpoint, forcePathStyle: true }),
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async adopt(path: string, content: Content): Promise<void> {
    const file = await open(path, 'r');
    try {
      if (content.size > PART_BYTES) await this.inParts(file, content);
      else {
        const Body = await readPart(file, 0, content.size);
        await this.client.send(new PutObjectCommand({ ...this.object(content.sha256), Body }));
      }
    } finally {
      await file.close();
    }
  }

  async open(sha256: string, range?: ByteRange): Promise<Readable> {
    try {
      const Range = range && `bytes=${range.start}-${range.end}`;
      const { Body } = await this.client.send(new GetObjectCommand({ ...this.object(sha256), Range }));
      if (!(Body instanceof Readable)) throw new Error('the response of the store is not a stream');
      return Body;
    } catch (error) {
      throw isMissing(error) ? new ContentMissing(sha256) : error;
    }
  }

  async has(sha256: string): Promise<boolean> {
    try {
      await this.client.send(new HeadObjectCommand(this.object(sha256)));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  async remove(sha256: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand(this.object(sha256)));
  }

  close(): void {
    this.client.destroy();
  }

  private object(sha256: string) {
    return { Bucket: this.settings.bucket, Key: this.settings.prefix + placeOf(sha256) };
  }

  /** The object exists only after the last request, so a broken upload leaves nothing that can be read. */
  private async inParts(file: FileHandle, { sha256, size }: Content): Promise<void> {
    const object = this.object(sha256);
    const { UploadId } = await this.client.send(new CreateMultipartUploadCommand(object));
    const partBytes = Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS));
    const numbers = Array.from({ length: Math.ceil(size / partBytes) }, (_, index) => index + 1);
    const queue = numbers.values();
    const parts: { PartNumber: number; ETag: string | undefined }[] = [];
    const lane = async () => {
      for (const PartNumber of queue) {
        const start = (PartNumber - 1) * partBytes;
        const Body = await readPart(file, start, Math.min(partBytes, size - start));
        const { ETag } = await this.client.send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body }));
        parts.push({ PartNumber, ETag });
      }
    };
    try {
      await Promise.all(Array.from({ length: PARTS_AT_ONCE }, lane));
      const Parts = parts.sort((a, b) => a.PartNumber - b.PartNumber);
      await this.client.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }));
    } catch (error) {
      // The first error is the one to report. Buckets should delete unfinished uploads after a day, for crashes.
      await this.client.send(new AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => undefined);
      throw error;
    }
  }
}

async function readPart(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) throw new Error('a file became shorter while it was stored');
    filled += bytesRead;
  }
  return buffer;
}

const isMissing = (error: unknown): boolean =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
