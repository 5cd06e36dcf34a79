import { basename } from 'node:path';
import * as vscode from 'vscode';
import { migrationInspect } from '../../server/protocol/migrationMethods.ts';
import { sourcesList } from '../../server/protocol/sourceMethods.ts';
import { CallError } from '../services/callError.ts';
import { listText } from '../services/plainText.ts';
import type { Call } from '../services/call.ts';
import type { MigrationRequest } from '../services/migrationSteps.ts';
import { OWN_REF } from '../services/sessionHeaders.ts';
import type { SourceModel } from '../services/sourceModel.ts';
import { fullCount } from '../views/age.ts';
import { askText } from './input.ts';

/** Folders that hold one file for each session. A JSON file with messages can lie in any other folder, too. */
const MESSAGE_FOLDER = '.sessions';
const MAX_AGENT_ID_BYTES = 64;
const DEFAULT_AGENT = 'main';

type Choice<T> = vscode.QuickPickItem & { readonly choice?: T };

/** Asks what is to be migrated, as `migration.plan` takes it; undefined when the person backs out. */
export async function askOrigin(call: Call, sources: SourceModel): Promise<string | undefined> {
  const title = vscode.l10n.t('Migrate Sessions');
  const other = {
    label: vscode.l10n.t('Choose Folder…'),
    detail: vscode.l10n.t('With a .sessions folder, session_<id> folders, or a sessions.json'),
    iconPath: new vscode.ThemeIcon('folder-opened'),
  };
  const offers = Promise.all([folderChoices(call), openclawChoices(call, sources)]).then(
    ([folders, openclaw]): Choice<string>[] => [
      ...folders,
      ...openclaw,
      ...agentChoices(sources),
      separator(''),
      other,
    ],
  );
  const picked = await vscode.window.showQuickPick(offers, {
    title,
    placeHolder: vscode.l10n.t('What is to be migrated? First comes a plan, which changes nothing.'),
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  return picked === other ? askFolder(title, vscode.l10n.t('Migrate From Here')) : picked?.choice;
}

/** Asks where sessions go; undefined when the person backs out. */
export async function askTarget(call: Call, path: string): Promise<MigrationRequest | undefined> {
  const title = vscode.l10n.t('Migrate Sessions');
  const { sources } = await call(sourcesList, {});
  const stateDir = sources.find(({ kind }) => kind === 'openclaw')?.root;
  const store: Choice<Target> = {
    label: vscode.l10n.t("Lockstep's Store"),
    detail: vscode.l10n.t('Sessions with their whole history, to search and to go on with'),
    iconPath: new vscode.ThemeIcon('database'),
    choice: { to: 'lockstep' },
  };
  const openclaw: Choice<Target> = {
    label: vscode.l10n.t('OpenClaw'),
    detail: listText(stateDir ?? ''),
    iconPath: new vscode.ThemeIcon('folder'),
    choice: { to: 'openclaw', ...(stateDir === undefined ? {} : { stateDir }) },
  };
  const other: Choice<Target> = {
    label: vscode.l10n.t('Another State Directory of OpenClaw…'),
    detail: vscode.l10n.t('One with sessions.json files, as OpenClaw writes them up to 2026.7'),
    iconPath: new vscode.ThemeIcon('folder-opened'),
  };
  const targets = [
    ...(path.startsWith(OWN_REF) ? [] : [store]),
    ...(stateDir === undefined ? [] : [openclaw]),
    other,
  ];
  const placeHolder = vscode.l10n.t('Where do the sessions go?');
  const picked = await vscode.window.showQuickPick(targets, { title, placeHolder, ignoreFocusOut: true });
  if (picked === undefined) return undefined;
  if (picked.choice?.to === 'lockstep') return { path, to: 'lockstep' };
  const folder =
    picked === other ? await askFolder(title, vscode.l10n.t('Migrate to Here')) : picked.choice?.stateDir;
  if (folder === undefined) return undefined;
  const agentId = await askText({
    title,
    prompt: vscode.l10n.t('The id of the agent of OpenClaw that gets the sessions'),
    value: DEFAULT_AGENT,
    empty: vscode.l10n.t('Enter the id of an agent, such as main.'),
    most: MAX_AGENT_ID_BYTES,
  });
  return agentId === undefined ? undefined : { path, to: 'openclaw', agentId, stateDir: folder };
}

type Target = { readonly to: 'lockstep' } | { readonly to: 'openclaw'; readonly stateDir?: string };

/** Those of this window's folders that hold session files. */
async function folderChoices(call: Call): Promise<Choice<string>[]> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const choices = await Promise.all(
    folders.map(async ({ uri, name }): Promise<Choice<string>[]> => {
      const found = await inspect(call, uri.fsPath);
      const isMeant = found?.found.some(
        ({ format, path }) => format !== 'message-files' || basename(path) === MESSAGE_FOLDER,
      );
      if (!found || isMeant !== true || found.sessions + found.damaged.length === 0) return [];
      return [
        {
          label: listText(name),
          description: sessionsText(found.sessions),
          detail: listText(uri.fsPath),
          iconPath: new vscode.ThemeIcon('root-folder'),
          choice: uri.fsPath,
        },
      ];
    }),
  );
  const all = choices.flat();
  return all.length === 0 ? [] : [separator(vscode.l10n.t('Folders of This Window')), ...all];
}

/** The state directory, where it has files; sessions in databases are read as those of other agents are. */
async function openclawChoices(call: Call, sources: SourceModel): Promise<Choice<string>[]> {
  const group = sources.groups.find(({ kind }) => kind === 'openclaw');
  if (group === undefined) return [];
  const found = await inspect(call, group.root);
  const hasFiles = found !== undefined && found.sessions > 0;
  const hasDatabases = group.sessions.some(({ openclaw }) => openclaw?.era === 'sqlite');
  return [
    separator('OpenClaw'),
    ...(hasFiles
      ? [
          {
            label: vscode.l10n.t('State Directory of OpenClaw'),
            description: sessionsText(found.sessions),
            detail: listText(group.root),
            iconPath: new vscode.ThemeIcon('folder'),
            choice: group.root,
          },
        ]
      : []),
    ...(hasFiles && !hasDatabases
      ? []
      : [
          {
            label: vscode.l10n.t('Sessions of OpenClaw'),
            description: sessionsText(group.total),
            detail: vscode.l10n.t('Those in its databases, too'),
            iconPath: new vscode.ThemeIcon('comment'),
            choice: 'openclaw:',
          },
        ]),
  ];
}

function agentChoices(sources: SourceModel): Choice<string>[] {
  const agents = sources.groups.filter(({ kind, total }) => kind !== 'openclaw' && total > 0);
  return [
    ...(agents.length === 0 ? [] : [separator(vscode.l10n.t('Other Agents'))]),
    ...agents.map(({ kind, label, total, root }) => ({
      label: vscode.l10n.t('Sessions of {0}', label),
      description: sessionsText(total),
      detail: listText(root),
      iconPath: new vscode.ThemeIcon('comment'),
      choice: `${kind}:`,
    })),
    separator('Lockstep'),
    {
      label: vscode.l10n.t("Lockstep's Store"),
      detail: vscode.l10n.t('To OpenClaw'),
      iconPath: new vscode.ThemeIcon('database'),
      choice: OWN_REF,
    },
  ];
}

/** What is at a path; undefined where nothing is, or where it cannot be read: no reason not to offer other places. */
async function inspect(call: Call, path: string) {
  try {
    return await call(migrationInspect, { path });
  } catch (error) {
    if (error instanceof CallError) return undefined;
    throw error;
  }
}

async function askFolder(title: string, openLabel: string): Promise<string | undefined> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      title,
      openLabel,
      canSelectFiles: false,
      canSelectFolders: true,
      ...(vscode.workspace.workspaceFolders?.[0]
        ? { defaultUri: vscode.workspace.workspaceFolders[0].uri }
        : {}),
    })) ?? [];
  return folder?.fsPath;
}

function sessionsText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 session') : vscode.l10n.t('{0} sessions', fullCount(count));
}

function separator(label: string): Choice<string> {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
