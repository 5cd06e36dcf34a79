import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { permissionQuestion } from '../../../../../server/workflows/agents/acp/acpPermission.ts';

const question = (title: string, name = 'Allow') =>
  permissionQuestion(
    { toolCall: { title }, options: [{ optionId: 'yes', name, kind: 'allow_once' }] },
    'question-1',
  );

describe('What an ACP agent asks a person', () => {
  test('is told whole where it has no more than 4,000 characters', () => {
    const title = `rm ${'x'.repeat(3997)}`;
    assert.equal(question(title)?.title, title);
  });

  test('says how much of it is not shown where it is longer', () => {
    const asked = question(`${'x'.repeat(4000)}; rm -rf ~`, 'y'.repeat(1001));
    assert.equal(asked?.title, `${'x'.repeat(4000)}… (10 more characters are not shown)`);
    assert.equal(asked.options[0]?.name, `${'y'.repeat(1000)}… (1 more characters are not shown)`);
  });

  test('is none where it offers nothing that is understood', () => {
    assert.equal(
      permissionQuestion({ toolCall: { title: 'ls' }, options: [{ optionId: 1 }] }, 'q'),
      undefined,
    );
  });
});
