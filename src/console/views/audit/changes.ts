import type { DiffValue } from '../../parts/diff/Values';

/** Values by path, such as `permissions.appPermissions[0].actions`. */
export function leavesOf(value: unknown, path = '', leaves = new Map<string, string>()): ReadonlyMap<string, string> {
  if (Array.isArray(value) && value.some((one) => typeof one === 'object' && one !== null))
    for (const [index, one] of value.entries()) leavesOf(one, `${path}[${index}]`, leaves);
  else if (typeof value === 'object' && value !== null && !Array.isArray(value))
    for (const [key, one] of Object.entries(value)) leavesOf(one, path === '' ? key : `${path}.${key}`, leaves);
  else if (value !== null && value !== undefined)
    leaves.set(path === '' ? 'value' : path, typeof value === 'string' ? value : JSON.stringify(value));
  return leaves;
}

/** Values of an object before and after an action; those that differ come first. */
export function changesOf(before: unknown, after: unknown): readonly DiffValue[] {
  const [left, right] = [leavesOf(before), leavesOf(after)];
  const values = [...new Set([...left.keys(), ...right.keys()])].map((name): DiffValue => {
    const pair = { left: left.get(name) ?? null, right: right.get(name) ?? null };
    return { name, ...pair, different: pair.left !== pair.right };
  });
  return [...values.filter(({ different }) => different), ...values.filter(({ different }) => !different)];
}
