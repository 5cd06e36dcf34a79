import DOMPurify from 'dompurify';

const TAGS =
  'p br hr h2 h3 h4 h5 h6 blockquote ul ol li pre code div strong em s a table thead tbody tr th td #text';

/**
 * The second wall, behind a parser that takes no HTML: of what it makes, only these tags and attributes reach the
 * page. No name, id or style, no form, no picture; addresses are http, https or mailto.
 */
export function sanitized(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS.split(' '),
    ALLOWED_ATTR: ['href', 'title', 'dir', 'class', 'start', 'tabindex', 'data-language', 'data-path'],
    // These hold no addresses. `data-path` is text for a question to the host.
    ADD_URI_SAFE_ATTR: ['dir', 'start', 'tabindex', 'data-language', 'data-path'],
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOW_UNKNOWN_PROTOCOLS: false,
    RETURN_DOM_FRAGMENT: true,
  });
}
