import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webLink } from '../../../client/transcript/webLink.ts';

test('addresses of the web and of mail are opened, in their one form', () => {
  assert.equal(webLink('https://example.com/a?b=c%26d#e'), 'https://example.com/a?b=c%26d#e');
  assert.equal(webLink('HTTP://EXAMPLE.com'), 'http://example.com/');
  assert.equal(webLink('mailto:a@example.com'), 'mailto:a@example.com');
  assert.equal(webLink(' \n https://example.com/\u202egnp'), 'https://example.com/%E2%80%AEgnp');
});

test('nothing else is', () => {
  const others = [
    'command:workbench.action.quit',
    'javascript:alert(1)',
    ' java\nscript:alert(1)',
    'vscode://lockstep.lockstep/transcript',
    'vscode-insiders:x',
    'file:///etc/passwd',
    'data:text/html,x',
    'blob:https://example.com/1',
    'ftp://example.com',
    'ms-msdt:/id',
    '//example.com',
    'example.com',
    'https://',
    '',
  ];
  for (const href of others) assert.equal(webLink(href), undefined, href);
});
