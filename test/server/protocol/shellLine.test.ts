import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { shellLine } from '../../../server/protocol/shellLine.ts';

describe('a resume command as a line for a shell', () => {
  it('is plain where it can be', () => {
    const line = shellLine({ program: 'claude', args: ['--resume', '0a1b-2c3d'] }, 'linux');
    assert.equal(line, 'claude --resume 0a1b-2c3d');
  });

  it('gives a real shell just the words that it was made of, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme-ascii' }), { maxLength: 4 }), (args) => {
        const line = shellLine({ program: 'printf', args: [String.raw`%s\0`, ...args] }, 'linux');
        const words = execFileSync('sh', ['-c', line], { encoding: 'utf8' }).split('\0');
        assert.deepEqual(words.slice(0, -1), args.length === 0 ? [''] : args);
      }),
      { numRuns: 60 },
    );
    const evil = "'; touch /tmp/pwned; echo '$(id)`id`\n&|<>*?~#!\\";
    const line = shellLine({ program: 'printf', args: ['%s', evil] }, 'linux');
    assert.equal(execFileSync('sh', ['-c', line], { encoding: 'utf8' }), evil);
  });

  it('doubles quotes for PowerShell', () => {
    assert.equal(shellLine({ program: 'pi', args: ["it's"] }, 'win32'), "pi 'it''s'");
  });
});
