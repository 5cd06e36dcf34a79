import { homedir } from 'node:os';
import { delimiter, dirname } from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { Settings } from '../ids.ts';
import { LauncherFile, launcherPath, type Found } from './launcherFile.ts';
import { isOnPath, pathLine } from './shellPath.ts';
import { storeFolder } from './storeFolder.ts';

const manifest = z.looseObject({ version: z.string() });

/** The `lockstep` command on this machine: the file that starts it, and the PATH of VS Code's own terminals. */
export class CommandLauncher implements vscode.Disposable {
  readonly path: string;
  readonly #log: vscode.LogOutputChannel;
  readonly #listeners: readonly vscode.Disposable[];
  readonly #file: LauncherFile;
  readonly #terminals: vscode.EnvironmentVariableCollection;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    const home = homedir();
    const { version } = manifest.parse(context.extension.packageJSON);
    this.#log = log;
    this.path = launcherPath(process.platform, process.env, home);
    this.#terminals = context.environmentVariableCollection;
    this.#file = new LauncherFile(this.path, () => {
      const set = vscode.workspace.getConfiguration(Settings.section).get<unknown>(Settings.store);
      // The command works on the store that VS Code shows.
      const store = storeFolder(typeof set === 'string' ? set : '', home);
      return {
        version,
        runtime: process.execPath,
        cli: context.asAbsolutePath('dist/cli.js'),
        ...(store === undefined ? {} : { home: store }),
      };
    });
    this.#listeners = [
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.refresh()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${Settings.section}.${Settings.store}`)) void this.refresh();
      }),
    ];
  }

  /** Whether shells outside of VS Code find it. */
  get isOnPath(): boolean {
    return isOnPath(dirname(this.path), process.env['PATH']);
  }

  /** What a person runs once to have it found. */
  get pathLine(): string {
    return pathLine(dirname(this.path), {
      platform: process.platform,
      shell: vscode.env.shell,
      home: homedir(),
    });
  }

  async install(): Promise<Found['kind']> {
    const found = await this.#file.install();
    this.#tellTerminals(found !== 'foreign');
    return found;
  }

  async uninstall(): Promise<Found['kind']> {
    const found = await this.#file.uninstall();
    this.#tellTerminals(false);
    return found;
  }

  /** Mends a launcher whose paths went stale with an update. One that is not there is not made. Never rejects. */
  async refresh(): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    try {
      this.#tellTerminals(await this.#file.refresh());
    } catch (error) {
      this.#log.warn(`The lockstep command could not be looked after: ${String(error)}`);
    }
  }

  dispose(): void {
    for (const listener of this.#listeners) listener.dispose();
  }

  /** VS Code keeps what an extension says of terminals, also over restarts, so it is said only where it changes. */
  #tellTerminals(isInstalled: boolean): void {
    const folder = dirname(this.path);
    const prefix = isInstalled && !this.isOnPath ? folder + delimiter : undefined;
    const known = this.#terminals.get('PATH')?.value;
    if (known === prefix) return;
    if (prefix === undefined) {
      this.#terminals.delete('PATH');
      return;
    }
    this.#terminals.description = vscode.l10n.t("Puts the 'lockstep' command on the PATH");
    this.#terminals.prepend('PATH', prefix);
  }
}
