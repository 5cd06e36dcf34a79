import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as z from 'zod';
import {
  Commands,
  ContextKeys,
  GroupingCommands,
  Languages,
  Settings,
  SortingCommands,
  StatusBarItems,
  Submenus,
  Views,
  WebviewTypes,
} from '../client/ids.ts';
import { collectTexts, recordedTexts } from '../scripts/l10n.ts';
import { ROOT, sourceFiles } from './support/sourceFiles.ts';

const manifestSchema = z.looseObject({
  activationEvents: z.array(z.string()),
  contributes: z.looseObject({
    viewsContainers: z.looseObject({ activitybar: z.array(z.looseObject({ id: z.string() })) }),
    views: z.record(z.string(), z.array(z.looseObject({ id: z.string() }))),
    viewsWelcome: z.array(z.looseObject({ view: z.string() })),
    commands: z.array(z.looseObject({ command: z.string(), title: z.string() })),
    submenus: z.array(z.looseObject({ id: z.string(), label: z.string() })),
    menus: z.record(
      z.string(),
      z.array(
        z.union([
          z.looseObject({ command: z.string(), when: z.string().optional() }),
          z.looseObject({ submenu: z.string() }),
        ]),
      ),
    ),
    languages: z.array(z.looseObject({ id: z.string(), configuration: z.string() })),
    grammars: z.array(z.looseObject({ language: z.string(), path: z.string(), scopeName: z.string() })),
    configuration: z.looseObject({ properties: z.record(z.string(), z.looseObject({ scope: z.string() })) }),
  }),
});

const text = await readFile(join(ROOT, 'package.json'), 'utf8');
const { contributes, activationEvents } = manifestSchema.parse(JSON.parse(text));
const choices = [...Object.values(GroupingCommands), ...Object.values(SortingCommands)];
/** All ids of commands, those of the entries of submenus among them. */
const commands: readonly string[] = [
  ...Object.values(Commands),
  ...choices.flatMap(({ choose, chosen }) => [choose, chosen]),
];
const sorted = (values: Iterable<string>) => [...new Set(values)].sort();

describe('the manifest and the ids in the code', () => {
  it('name the same commands', () => {
    assert.deepEqual(sorted(contributes.commands.map(({ command }) => command)), sorted(commands));
  });

  it('name the same views, container, settings and webviews', () => {
    assert.deepEqual(sorted(Object.keys(contributes.views)), [Views.container]);
    assert.deepEqual(
      contributes.viewsContainers.activitybar.map(({ id }) => id),
      [Views.container],
    );
    assert.deepEqual(sorted(Object.values(contributes.views).flatMap((views) => views.map(({ id }) => id))), [
      Views.locks,
      Views.sessions,
      Views.workflows,
    ]);
    const { section, ...settings } = Settings;
    assert.deepEqual(
      sorted(Object.keys(contributes.configuration.properties)),
      sorted(Object.values(settings).map((name) => `${section}.${name}`)),
    );
    assert.ok(activationEvents.includes(`onWebviewPanel:${WebviewTypes.transcript}`));
  });

  it('name the same languages, whose grammar and configuration are there', async () => {
    const { languages, grammars } = contributes;
    assert.deepEqual(sorted(languages.map(({ id }) => id)), sorted(Object.values(Languages)));
    assert.deepEqual(sorted(grammars.map(({ language }) => language)), sorted(Object.values(Languages)));
    for (const { path, scopeName } of grammars) {
      const grammar: unknown = JSON.parse(await readFile(join(ROOT, path), 'utf8'));
      assert.equal(z.looseObject({ scopeName: z.string() }).parse(grammar).scopeName, scopeName);
    }
    for (const { configuration } of languages)
      assert.ok(z.looseObject({}).parse(JSON.parse(await readFile(join(ROOT, configuration), 'utf8'))));
  });

  it('use only commands, views and context keys that exist', () => {
    const items = Object.values(contributes.menus).flat();
    const used = items.flatMap((item) => ('command' in item ? [item.command] : []));
    for (const command of used) assert.ok(commands.includes(String(command)), String(command));
    const submenus = items.flatMap((item) => ('submenu' in item ? [item.submenu] : []));
    assert.deepEqual(sorted(submenus.map(String)), sorted(Object.values(Submenus)));
    assert.deepEqual(sorted(contributes.submenus.map(({ id }) => id)), sorted(Object.values(Submenus)));
    for (const { view } of contributes.viewsWelcome)
      assert.ok(Object.values<string>(Views).includes(view), view);
    const known = [
      ...commands,
      ...[Views, ContextKeys, Submenus].flatMap((ids) => Object.values<string>(ids)),
    ];
    for (const [id] of text.matchAll(/lockstep\.[a-zA-Z]+/g)) {
      assert.ok(
        [
          ...known,
          'lockstep.store',
          'lockstep.agents',
          'lockstep.runs',
          'lockstep.svg',
          'lockstep.png',
          'lockstep.transcript',
          'lockstep.yaml',
        ].includes(id),
        id,
      );
    }
  });

  it('put no id into code outside ids.ts', () => {
    const ids = [
      ...commands,
      ...[Views, ContextKeys, Submenus, StatusBarItems, WebviewTypes].flatMap((group) =>
        Object.values<string>(group),
      ),
    ];
    for (const { path, text: code } of sourceFiles('client')) {
      if (path === 'client/ids.ts') continue;
      for (const id of ids.filter((candidate) => candidate.includes('.'))) {
        assert.ok(!code.includes(`'${id}'`), `${path} spells ${id}`);
      }
    }
  });

  it('keep settings that name a place machine-scoped', () => {
    for (const name of ['store', 'locks.roots', 'locks.sharedRoots', 'locks.autoClean', 'agents']) {
      assert.equal(contributes.configuration.properties[`lockstep.${name}`]?.scope, 'machine', name);
    }
  });
});

describe('the texts that a person sees', () => {
  it('of the manifest are all in package.nls.json, and nothing else is', async () => {
    const nls: unknown = JSON.parse(await readFile(join(ROOT, 'package.nls.json'), 'utf8'));
    const used = [...text.matchAll(/"%([^%"]+)%"/g)].map(([, key = '']) => key);
    assert.deepEqual(sorted(used), sorted(Object.keys(z.record(z.string(), z.string()).parse(nls))));
    for (const { title } of contributes.commands) assert.match(title, /^%.*%$/);
  });

  it('of the code are all in the bundle for translators', async () => {
    assert.equal(await recordedTexts(), await collectTexts(), 'run: npm run l10n');
  });
});
