/**
 * Phases of a log: OPEN until its job has ended; ENDED until it is compressed; then SEALED; MOVED when its
 * bytes are a file of the content store; DELETED by the retention.
 */
export const logPhases = ['OPEN', 'ENDED', 'SEALED', 'MOVED', 'DELETED'] as const;
export type LogPhase = (typeof logPhases)[number];

/**
 * Reasons why output is missing. LIMIT: the log is full. UNDELIVERED: the agent could not deliver the rest. AGENT_LOST:
 * the agent reported no end, so the rest is unknown. DAMAGED: the stored bytes are not those that the agent read.
 */
export const logLosses = ['LIMIT', 'UNDELIVERED', 'AGENT_LOST', 'DAMAGED'] as const;
export type LogLoss = (typeof logLosses)[number];

/** State of a job's log. A job that has written nothing has none, unless output is missing. */
export interface JobLog {
  readonly jobId: string;
  readonly bytes: number;
  /** Number of line ends. */
  readonly lines: number;
  readonly phase: LogPhase;
  readonly loss: LogLoss | null;
  /** Bytes that the command has written, if the agent reported it. */
  readonly written: number | null;
  /** Reported by the agent at the end; replaced with that of the stored bytes if the two differ. */
  readonly sha256: string | null;
  readonly endedAt: Date | null;
  /** Size of its chunks as stored, once it is sealed. */
  readonly storedBytes: number;
  /** SHA-256 of the content that has its bytes, once it is being moved. */
  readonly file: string | null;
  readonly deletedAt: Date | null;
  /** Until then, one server seals or moves it. */
  readonly busyUntil: Date | null;
}

/** Streams and lengths of a chunk's bytes, in order. */
export interface LogFrame {
  readonly stream: 'stdout' | 'stderr';
  readonly at: string;
  readonly bytes: number;
}

/** A row of a log: at most 64 KiB of it. Rows are only added; sealing replaces them with compressed ones. */
export interface LogChunk {
  readonly jobId: string;
  /** Number of bytes before it. */
  readonly start: number;
  readonly length: number;
  /** Number of line ends before it. */
  readonly line: number;
  /** Number of line ends in it. */
  readonly lines: number;
  /** Time of its first byte, by the agent's clock. */
  readonly at: Date;
  /** True if it contains the beginning or the end of a group. */
  readonly marked: boolean;
  /** Plain bytes; with `frames` null, compressed bytes and frames; null if those are in the log's file. */
  readonly data: Buffer | null;
  readonly frames: readonly LogFrame[] | null;
  /** Position of the compressed bytes in the file. */
  readonly place: number | null;
  /** Length of the compressed bytes in the file. */
  readonly packed: number | null;
}
