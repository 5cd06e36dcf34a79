/** What a walk through a page saw. */
export interface Walk {
  /** What may not be in the page, with one item that it is in. */
  readonly strange: Readonly<Record<string, string>>;
  readonly items: number;
  readonly links: number;
  /** Milliseconds. */
  readonly longestTask: number;
}

/**
 * Goes through the page as a reader who wants to see everything: from item to item, unfolds what is folded, clicks every
 * link with every button, and looks whether anything is there that the view itself never makes. Ends at the item that
 * is named.
 */
export function walkScript(last: string): string {
  return `(async (last) => { ${source} })(${JSON.stringify(last)})`;
}

const source = String.raw`
  const tags =
    /^(?:DIV|SPAN|BUTTON|P|BR|HR|H[2-6]|BLOCKQUOTE|UL|OL|LI|PRE|CODE|STRONG|EM|S|A|TABLE|THEAD|TBODY|TR|TH|TD|DL|DT|DD|TIME|IMG)$/;
  const names =
    /^(?:class|title|dir|type|role|tabindex|href|datetime|start|src|alt|width|height|style|disabled|aria-[a-z]+|data-[a-z]+)$/;
  // Characters that turn others around are shown by their names in all that is not prose.
  const turning = /[\u202a-\u202e\u2066-\u2069]/;
  const exact =
    'code, a, .file, .path, .mono, .tool-name, .fold-title, .fold-summary, .line-title, .message-details, dt, dd, header';
  const strange = {};
  const done = new Set();
  const clicked = new Set();
  let links = 0;
  let longestTask = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, Math.round(duration));
  });
  observer.observe({ type: 'longtask', buffered: true });
  const frame = () => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
  // Items that are late stand empty for some frames.
  const drawn = async () => {
    do await frame();
    while (inPage().some((item) => item.firstElementChild === null));
  };
  const scroller = document.querySelector('.scroller');
  const inPage = () => [...document.querySelectorAll('.items > .item')];
  const nameOf = (item) => item?.dataset.id?.slice(0, 80) ?? 'the header';

  const unfold = async () => {
    for (let round = 0; round < 40; round++) {
      await drawn();
      const folded = [...document.querySelectorAll('.item [aria-expanded=false]')];
      if (folded.length === 0) return;
      for (const button of folded) button.click();
    }
    strange['something never unfolds'] = '';
  };
  const check = (root) => {
    const say = (what) => (strange[what] ??= nameOf(root));
    for (const element of [root, ...root.querySelectorAll('*')]) {
      if (!tags.test(element.tagName) && root.contains(element) && !element.closest('header')) say('<' + element.tagName + '>');
      for (const { name, value } of element.attributes) {
        if (!names.test(name)) say(element.tagName + ' ' + name);
        if (name === 'href' && !/^(?:https?|mailto):/i.test(value)) say('href=' + value);
        if (name === 'src' && !value.startsWith('blob:')) say('src=' + value);
        if (name === 'style' && !/^(?:(?:top|height): [\d.e+]+px;|--ansi-[fb]g: [\w(). -]+;|\s)*$/.test(value)) say('style=' + value);
        if (/^(?:title|aria-label)$/.test(name) && turning.test(value)) say('bidi in ' + name);
      }
      if (element.matches(exact) && turning.test(element.textContent)) say('bidi in ' + element.outerHTML.slice(0, 60));
    }
  };
  const clickLinks = () => {
    for (const link of document.querySelectorAll('.item a, .item [role=link], .item .path')) {
      const target = link.getAttribute('href') ?? link.dataset.path ?? link.textContent;
      if (clicked.has(target)) continue;
      clicked.add(target);
      links += 1;
      link.click();
      link.dispatchEvent(new MouseEvent('auxclick', { bubbles: true, cancelable: true, button: 1 }));
      link.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, key: 'Enter' }));
    }
  };

  check(document.querySelector('header'));
  for (let idle = 0; idle < 100; idle++) {
    await unfold();
    for (const item of inPage()) {
      if (done.has(item.dataset.id)) continue;
      done.add(item.dataset.id);
      idle = 0;
      check(item);
    }
    clickLinks();
    const end = inPage().at(-1);
    if (end?.dataset.id === last) break;
    // The last one comes to the top, or, where it stands there already, its end: one may be higher than many views.
    const { top, bottom } = (end ?? scroller).getBoundingClientRect();
    const edges = [top, bottom].map((y) => y - scroller.getBoundingClientRect().top);
    scroller.scrollTop += edges.find((edge) => edge >= 200) ?? 200;
    await frame();
    // What comes next may still be on its way.
    for (let frames = 0; idle > 1 && frames < 6; frames++) await frame();
    if (idle === 99) strange['the walk does not get beyond'] = nameOf(end);
  }
  await frame();
  observer.disconnect();
  const around = [...document.head.children, ...document.body.children].map(({ tagName }) => tagName).join(' ');
  // The view's own other script stands there while it is loaded.
  if (!/^STYLE META META META LINK LINK (?:TITLE )?(?:SCRIPT )?LOCKSTEP-TRANSCRIPT SCRIPT$/.test(around)) strange['page of ' + around] = '';
  if ('pwned' in globalThis) strange['a script of the transcript ran'] = '';
  return { strange, items: done.size, links, longestTask };
`;
