/**
 * Our own environment without what the programs around us put there: VS Code must start as a user would start it, not
 * as the child of an npm script, a `node --test` run or another VS Code's terminal.
 */
export function hostEnvironment(extra: Readonly<NodeJS.ProcessEnv> = {}): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  return { ...Object.fromEntries(ours), ...extra };
}

const FOREIGN = /^(npm_.*|INIT_CWD|NODE_OPTIONS|NODE_TEST_CONTEXT|VSCODE_.*|ELECTRON_RUN_AS_NODE)$/;
