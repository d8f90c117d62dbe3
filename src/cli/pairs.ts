import { usage } from './failure';

/** The two parts of the value of an option. */
export function split(pair: string, option: string, form: string): [string, string] {
  const equals = pair.indexOf('=');
  if (equals < 1) throw usage(`${option} takes ${form}, not "${pair}".`);
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}
