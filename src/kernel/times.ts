/** ISO 8601 with a time zone. */
export const timeForm = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|[+-](\d\d):(\d\d))$/;
const firstTime = Date.parse('0001-01-01T00:00:00Z');
const lastTime = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * A point in time; undefined if the text is not one. `new Date(text)` alone would accept "2026", a local time without a
 * zone, and February 30 (as March 2). Each of these mistakes would be noticed much later.
 */
export function parseTime(text: string): Date | undefined {
  const parts = timeForm.exec(text);
  if (parts === null) return undefined;
  const number = (index: number) => Number(parts[index] ?? 0);
  const [year, month, day] = [number(1), number(2), number(3)];
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= lastDay;
  const isTime = number(4) <= 23 && number(5) <= 59 && number(6) <= 59 && number(8) <= 23 && number(9) <= 59;
  const date = new Date(text);
  // PostgreSQL has no year 0, and a time zone may lead to a year with five digits, which is not ISO 8601.
  return isDay && isTime && date.getTime() >= firstTime && date.getTime() <= lastTime ? date : undefined;
}
