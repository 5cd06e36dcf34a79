import { chromium, type Browser, type LaunchOptions } from 'playwright-core';

import { bundledChromium } from './chromium.ts';
import { findOnPath } from './findOnPath.ts';

const LAUNCH_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A headless Chromium; close it with `browser.close()`. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ ...(await whichBrowser()), args: LAUNCH_ARGUMENTS });
}

/**
 * The bundled Chromium wherever it runs, also beside an installed one: same browser, same fonts, same pictures.
 * `LOCKSTEP_CHROMIUM` names another one.
 */
async function whichBrowser(): Promise<LaunchOptions> {
  const named = process.env['LOCKSTEP_CHROMIUM'];
  if (named !== undefined && named !== '') {
    return { executablePath: named };
  }
  if (process.platform === 'linux' && process.arch === 'x64') {
    const { executablePath, env } = await bundledChromium();
    return { executablePath, env: { ...process.env, ...env } };
  }
  const installed = await findOnPath(['chromium', 'chromium-browser', 'google-chrome']);
  // Playwright knows where Chrome installs itself on macOS and Windows.
  return installed === undefined ? { channel: 'chrome' } : { executablePath: installed };
}
