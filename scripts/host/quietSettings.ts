export type UserSettings = Readonly<Record<string, unknown>>;

/** A VS Code that shows nothing by itself, so that what a test sees is what the test did. */
export const quietSettings: UserSettings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': 'off',
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  // Otherwise a port that a program opens is announced in a notification.
  'remote.autoForwardPorts': false,
  // Drawn as text elements, which can be read; the GPU renderer paints pixels.
  'terminal.integrated.gpuAcceleration': 'off',
  'update.mode': 'none',
  'workbench.colorTheme': 'Dark Modern',
  'workbench.enableExperiments': false,
  // A tooltip over the next thing to click would take the click.
  'workbench.hover.delay': 60_000,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
};
