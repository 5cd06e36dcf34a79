import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Frame, Page } from 'playwright-core';
import { sourcesSessions } from '../../server/protocol/sourceMethods.ts';
import type { SourceSession } from '../../server/protocol/sourceSession.ts';
import { transcriptsFind, transcriptsPage } from '../../server/protocol/transcriptMethods.ts';
import { GuestBrowser } from '../host/guestBrowser.ts';
import * as probe from '../host/transcriptProbe.ts';
import { TRANSCRIPT } from '../host/transcriptSelectors.ts';
import type { Workbench } from '../host/workbench.ts';
import { figuresOf, type Figures } from './measure.ts';
import { RpcProcess } from './rpcProcess.ts';
import { answerLine, COMMON_TEXT, RARE_TEXT } from './sampleTranscript.ts';

const OPENINGS = 9;
const FINDS = 5;
/** Some three screens at once: a page key that is held, or a hard flick. */
const WHEEL_PIXELS = 3000;
/** So long may the scrolled view stay where it is before that is its end; in milliseconds. */
const STILL_MS = 5000;
const SCROLL_LIMIT_MS = 15 * 60_000;
const APPEND_SECONDS = 20;
const APPENDS_PER_SECOND = 100;

/** Opens a transcript by a click on its row; closes what was open before. */
async function openTranscript(workbench: Workbench, title: string): Promise<Frame> {
  await workbench.palette('View: Close All Editors');
  await workbench.editorTab(/./).first().waitFor({ state: 'detached' });
  await workbench.sidebar.click(title);
  const frame = await workbench.webview(TRANSCRIPT.element);
  await frame.locator(TRANSCRIPT.item).first().waitFor();
  return frame;
}

export async function firstPaints(workbench: Workbench, title: string): Promise<Figures[]> {
  const toScript: number[] = [];
  const toAnswer: number[] = [];
  const toPaint: number[] = [];
  const total: number[] = [];
  for (let run = 0; run < OPENINGS; run++) {
    const { scriptAt, answeredAt, paintedAt } = await probe.openingTimes(
      await openTranscript(workbench, title),
    );
    const clickedAt = await probe.lastClick(workbench.page);
    toScript.push(scriptAt - clickedAt);
    toAnswer.push(answeredAt - scriptAt);
    toPaint.push(paintedAt - answeredAt);
    total.push(paintedAt - clickedAt);
  }
  const worst = (times: readonly number[]) =>
    `the first ${ms(times[0])}, the worst ${ms(Math.max(...times))}`;
  return [
    { ...figuresOf('from the click to the first item painted', total), note: worst(total) },
    { ...figuresOf("of it until the guest's script runs: VS Code's own", toScript), note: worst(toScript) },
    {
      ...figuresOf("of it from there until the extension's first items come", toAnswer),
      note: worst(toAnswer),
    },
    { ...figuresOf('of it from there on', toPaint), note: worst(toPaint) },
  ];
}

/** `transcripts.find`, called part by part as a client does. */
export async function findsByCalls(env: NodeJS.ProcessEnv, title: string): Promise<Figures[]> {
  const server = new RpcProcess(env);
  try {
    const session = await sessionWithTitle(server, title);
    const rows: Figures[] = [];
    for (const text of [RARE_TEXT, COMMON_TEXT]) {
      const times: number[] = [];
      let note = '';
      for (let run = 0; run < FINDS; run++) {
        const begun = performance.now();
        let hits = 0;
        let parts = 0;
        let part: { next?: number | undefined; generation?: string } = { next: 0 };
        while (part.next !== undefined) {
          const { next: from, generation } = part;
          const found = await server.call(transcriptsFind, { ref: session.ref, text, from, generation });
          hits += found.hits.reduce((sum, { count }) => sum + count, 0);
          parts++;
          part = found;
        }
        times.push(performance.now() - begun);
        note = `${hits} occurrences, in ${parts} parts`;
      }
      rows.push({ ...figuresOf(`"${text}"`, times), note });
    }
    return rows;
  } finally {
    await server.stop();
  }
}

async function sessionWithTitle(server: RpcProcess, title: string): Promise<SourceSession> {
  const { sessions } = await server.call(sourcesSessions, { kinds: ['claude-code'] });
  const session = sessions.find((one) => one.title === title);
  if (session === undefined) throw new Error(`The server lists no session ${title}`);
  return session;
}

export async function findsInPanel(workbench: Workbench, title: string): Promise<Figures[]> {
  const frame = await openTranscript(workbench, title);
  await frame.locator(TRANSCRIPT.scroller).focus();
  await workbench.page.keyboard.press('ControlOrMeta+f');
  await frame.locator(TRANSCRIPT.findInput).waitFor();
  const rows: Figures[] = [];
  for (const text of [RARE_TEXT, COMMON_TEXT]) {
    const times: number[] = [];
    let note = '';
    for (let run = 0; run < FINDS; run++) {
      const { took, said } = await probe.findText(frame, text);
      times.push(took);
      note = `it says: ${said}`;
    }
    rows.push({ ...figuresOf(`"${text}", until all is counted`, times), note });
  }
  return rows;
}

/** In VS Code, whose own page has a part in each frame. */
export async function scrolls(workbench: Workbench, title: string): Promise<Figures[]> {
  const frame = await openTranscript(workbench, title);
  return scrollsOf(workbench.page, frame);
}

/** The panel's page by itself, as it is where a webview has a process of its own, with the real server. */
export async function scrollsOfThePage(env: NodeJS.ProcessEnv, title: string): Promise<Figures[]> {
  await using browser = await GuestBrowser.launch();
  const server = new RpcProcess(env);
  try {
    const { ref } = await sessionWithTitle(server, title);
    const guest = await browser.open({
      fetchPage: (request) => server.call(transcriptsPage, { ref, ...request }),
      initScript: await probe.probeScript(),
    });
    await guest.page.locator(TRANSCRIPT.item).first().waitFor();
    return await scrollsOf(guest.page, guest.page.mainFrame());
  } finally {
    await server.stop();
  }
}

async function scrollsOf(page: Page, frame: Frame): Promise<Figures[]> {
  return [
    await scroll(page, frame, 'from the end to the start', -WHEEL_PIXELS),
    await scroll(page, frame, 'from the start to the end', WHEEL_PIXELS),
  ];
}

/** By the mouse wheel, as fast as what is scrolled to comes. */
async function scroll(page: Page, frame: Frame, name: string, pixels: number): Promise<Figures> {
  await frame.locator(TRANSCRIPT.scroller).hover();
  await probe.forget(frame);
  const begun = performance.now();
  let arrivedAt: number | undefined;
  for (;;) {
    await page.mouse.wheel(0, pixels);
    const place = await probe.scrollPlace(frame);
    const [left, isMore] = pixels < 0 ? [place.fromTop, place.moreAtStart] : [place.fromEnd, place.moreAtEnd];
    const now = performance.now();
    if (isMore || left > 1) arrivedAt = undefined;
    else arrivedAt ??= now;
    if (arrivedAt !== undefined && now - arrivedAt > STILL_MS) break;
    if (now - begun > SCROLL_LIMIT_MS) {
      const { items } = await probe.smoothnessOf(frame);
      throw new Error(`Scrolling ${name} came past ${items} items only`);
    }
  }
  return smoothFigures(`tasks over 50 ms, ${name}`, await probe.smoothnessOf(frame), arrivedAt - begun);
}

function smoothFigures(name: string, { longTasks, gaps, items }: probe.Smoothness, took: number): Figures {
  const others = longTasks.filter((task) => task.name !== 'self').length;
  const notes = [
    `longest ${ms(Math.max(0, ...longTasks.map(({ duration }) => duration)))}`,
    `${others} of other frames`,
    `${gaps.length} gaps between frames over 50 ms, the longest ${ms(Math.max(0, ...gaps))}`,
    `${items} items were in the page, in ${(took / 1000).toFixed(1)} s`,
  ];
  return {
    ...figuresOf(
      name,
      longTasks.map(({ duration }) => duration),
    ),
    note: notes.join('; '),
  };
}

/** To a transcript that is open at its end. */
export async function appending(
  workbench: Workbench,
  { title, sessionId, path }: { title: string; sessionId: string; path: string },
): Promise<Figures[]> {
  const frame = await openTranscript(workbench, title);
  await delay(STILL_MS); // what was read ahead is no part of this
  await probe.forget(frame);
  const now = () => performance.timeOrigin + performance.now();
  const appendedAt: number[] = [];
  const begun = performance.now();
  const count = APPEND_SECONDS * APPENDS_PER_SECOND;
  while (appendedAt.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - begun) / 1000) * APPENDS_PER_SECOND) + 1);
    while (appendedAt.length < due) {
      const number = appendedAt.length;
      appendFileSync(
        path,
        `${answerLine(sessionId, number, `Appended ${number}: \`src/total.ts\` is **done**.`)}\n`,
      );
      appendedAt.push(now());
    }
    await delay(1000 / APPENDS_PER_SECOND);
  }
  const took = performance.now() - begun;
  await frame.getByText(`Appended ${count - 1}:`).waitFor();
  await delay(500);
  const { fromEnd } = await probe.scrollPlace(frame);
  const painted = await probe.appendedTimes(frame);
  // Of many that come at once, only those in view are in the page: the others were passed with them.
  let passedAt = Infinity;
  const delays: number[] = [];
  for (let number = count - 1; number >= 0; number--) {
    passedAt = Math.min(passedAt, painted.get(number) ?? Infinity);
    delays.push(passedAt - (appendedAt[number] ?? NaN));
  }
  return [
    {
      ...figuresOf('from appended to painted', delays),
      note: `${painted.size} were in the page; ${fromEnd < 2 ? 'still at the end' : `NOT at the end, but ${fromEnd} px from it`}`,
    },
    smoothFigures('tasks over 50 ms', await probe.smoothnessOf(frame), took),
  ];
}

function ms(value: number | undefined): string {
  return value === undefined ? '-' : `${Math.round(value)} ms`;
}
