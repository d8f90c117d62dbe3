import type { ApprovalInput } from '../../src/catalog/language/approvalShape';
import { auditedInputs, listInputs, readApprovalInputs, refuseInputs } from '../../src/engine/approvalInputs';

const field = (name: string, more: Partial<ApprovalInput> = {}): ApprovalInput => ({
  ...{ name, type: 'text', choices: null, defaultValue: null, required: false, description: null, maxLength: 5 },
  ...more,
});
const choice = (name: string, more: Partial<ApprovalInput> = {}) =>
  field(name, { type: 'choice', choices: ['small', 'large'], maxLength: null, ...more });

describe('readApprovalInputs', () => {
  const form = [field('NOTE', { required: true }), choice('SIZE', { defaultValue: 'small' }), field('MORE')];

  it('returns given values or defaults, and nothing for a field without either', () => {
    const { values, errors } = readApprovalInputs(form, [{ name: 'NOTE', value: 'ok' }]);
    expect([values, errors]).toEqual([{ NOTE: 'ok', SIZE: 'small' }, []]);
    expect(
      readApprovalInputs(form, [
        { name: 'NOTE', value: 'ok' },
        { name: 'MORE', value: '' },
      ]).values.MORE,
    ).toBe('');
    expect(listInputs(form, values)).toEqual([
      { name: 'NOTE', value: 'ok' },
      { name: 'SIZE', value: 'small' },
    ]);
    expect(auditedInputs(form, values)).toEqual([
      { name: 'NOTE', value: 'ok' },
      { name: 'SIZE', choice: 'small' },
    ]);
  });

  it('reports every broken rule at once, with field and value', () => {
    const { errors } = readApprovalInputs(form, [
      { name: 'SIZE', value: 'huge' },
      { name: 'MORE', value: 'too long' },
      { name: 'MORE', value: 'too long' },
      { name: 'OTHER', value: 'x' },
    ]);
    expect(errors.map(({ field: at, value, rule }) => [at, value, rule])).toEqual([
      ['inputs.MORE', 'too long', 'DUPLICATE'],
      ['inputs.OTHER', 'x', 'UNKNOWN_INPUT'],
      ['inputs.NOTE', null, 'REQUIRED'],
      ['inputs.SIZE', 'huge', 'CHOICES'],
      ['inputs.MORE', 8, 'MAX_LENGTH'],
    ]);
    expect(readApprovalInputs(form, [{ name: 'NOTE', value: '  ' }]).errors).toMatchObject([{ rule: 'REQUIRED' }]);
    expect(refuseInputs([{ name: 'NOTE', value: 'x' }])).toMatchObject([{ field: 'inputs.NOTE', rule: 'NOT_ALLOWED' }]);
  });
});
