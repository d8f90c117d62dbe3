import pino from 'pino';

/** Structured log lines: JSON, or readable and colored when `pretty`. */
export type Log = pino.Logger;

export interface LogOptions {
  readonly level: string;
  readonly pretty: boolean;
}

export function createLog(options: LogOptions): Log {
  const redact = { paths: ['headers.authorization', 'headers["x-api-key"]', 'token', '*.token'], censor: '[secret]' };
  if (!options.pretty)
    return pino({ level: options.level, redact, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  return pino(
    { level: options.level, redact, base: null },
    pino.transport({
      target: 'pino-pretty',
      options: { colorize: true, translateTime: 'HH:MM:ss.l', destination: 2, singleLine: true },
    }),
  );
}
