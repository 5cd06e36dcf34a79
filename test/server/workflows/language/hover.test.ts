import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MarkupContent } from 'vscode-languageserver-types';
import { hover } from '../../../../server/workflows/language/hover.ts';
import { marked, shown } from './marked.ts';

function hovered(written: string): string[] {
  const { text, parsed, offset } = marked(written);
  const found = hover(parsed, text, offset);
  if (found === undefined) return [];
  assert.ok(MarkupContent.is(found.contents) && found.range);
  return [shown(text, found.range), found.contents.value];
}

const step = (lines: string) => `agent: codex\nsteps:\n  - id: a\n    prompt: p\n${lines}`;

describe('hover', () => {
  it('says what a key is for', () => {
    assert.deepEqual(hovered('permis‸sions: ask\n'), [
      '0:0-0:11 permissions',
      'What agents that ask for permission are answered.\n\nOne of ` ask `, ` refuse `, ` allow `.\n\nDefault: ` ask `',
    ]);
    assert.deepEqual(hovered(step('    gat‸e: manual\n')), [
      '4:4-4:8 gate',
      '`manual`: a person lets the step begin.',
    ]);
  });

  it('says what a step does, wherever it is named', () => {
    const lines = '  - id: b\n    needs: [a‸]\n    prompt: q\n';
    assert.deepEqual(hovered(step(lines)), [
      '5:12-5:13 a',
      '**Step** ` a `\n\n` p `\n\n- agent: ` codex `\n- iterations at most: 1\n- time limit of an iteration: 30 minutes',
    ]);
    assert.match(
      hovered(
        step('  - id: b‸\n    needs: [a]\n    prompt: q\n    until: npm test\n    gate: manual\n'),
      )[1] ?? '',
      /- needs: ` a `\n- until: ` npm test `\n- iterations at most: 10\n.*\n- gate: ` manual `$/,
    );
  });

  it('says what an input is where it is used', () => {
    const file = 'inputs:\n  suite: { description: Which, default: unit }\n  ticket: {}\n';
    assert.deepEqual(hovered(`${file}steps: [{ id: a, prompt: "\${inputs.su‸ite}" }]`), [
      '3:35-3:40 suite',
      '**Input** ` suite `\n\n` Which `\n\nDefault: ` unit `',
    ]);
    assert.match(hovered(file.replace('ticket', 'tick‸et'))[1] ?? '', /Has to be given\.$/);
  });

  it('says a duration in words', () => {
    assert.deepEqual(hovered(step('    timeout: 1h30‸m\n')), ['4:13-4:18 1h30m', '1 hour 30 minutes']);
    assert.deepEqual(hovered('limits: { wallClock: 90‸s }'), ['0:21-0:24 90s', '1 minute 30 seconds']);
    assert.deepEqual(
      hovered(step('    retry: { attempts: 1, backoff: 1500m‸s }\n'))[1],
      '1 second 500 milliseconds',
    );
  });

  it('says nothing where there is nothing to say', () => {
    for (const written of ['‸', 'nam: ‸x', 'no‸: x', 'name: 5‸m', step('    timeout: so‸on\n')])
      assert.deepEqual(hovered(written), [], written);
  });

  it('shows texts of the file as texts, whatever is in them', () => {
    const text = '"![x](https://x.test/a.png) `` [y](command:z)"';
    const [, shown = ''] = hovered(`agent: a\nsteps:\n  - id: a‸\n    prompt: ${text}\n`);
    assert.match(shown, /``` !\[x\]\(https:\/\/x\.test\/a\.png\) `` \[y\]\(command:z\) ```/);
  });
});
