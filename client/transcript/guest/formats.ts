/** Numbers and times as the user's language writes them. */
export class Formats {
  readonly #locale: string;
  readonly #time: Intl.DateTimeFormat;
  readonly #dateAndTime: Intl.DateTimeFormat;
  readonly #full: Intl.DateTimeFormat;
  readonly #count: Intl.NumberFormat;
  readonly #compact: Intl.NumberFormat;

  constructor(locale: string) {
    this.#locale = usableLocale(locale);
    this.#time = new Intl.DateTimeFormat(this.#locale, { timeStyle: 'short' });
    this.#dateAndTime = new Intl.DateTimeFormat(this.#locale, { dateStyle: 'medium', timeStyle: 'short' });
    this.#full = new Intl.DateTimeFormat(this.#locale, { dateStyle: 'full', timeStyle: 'long' });
    this.#count = new Intl.NumberFormat(this.#locale);
    this.#compact = new Intl.NumberFormat(this.#locale, { notation: 'compact', maximumFractionDigits: 1 });
  }

  /** The time of day, with the date unless that is today. */
  time(iso: string, now = new Date()): string {
    const date = new Date(iso);
    return (date.toDateString() === now.toDateString() ? this.#time : this.#dateAndTime).format(date);
  }

  fullTime(iso: string): string {
    return this.#full.format(new Date(iso));
  }

  count(value: number): string {
    return this.#count.format(value);
  }

  compact(value: number): string {
    return this.#compact.format(value);
  }

  usd(value: number): string {
    // A call often costs less than a cent.
    const digits = value > 0 && value < 0.1 ? 4 : 2;
    return new Intl.NumberFormat(this.#locale, {
      style: 'currency',
      currency: 'USD',
      minimumFractionDigits: 2,
      maximumFractionDigits: digits,
    }).format(value);
  }

  duration(ms: number): string {
    const total = Math.round(ms / 1000);
    if (ms < 1000) return this.#unit(Math.round(ms), 'millisecond');
    if (total < 60) return this.#unit(ms / 1000, 'second');
    if (total < 3600) return this.#units([Math.floor(total / 60), 'minute'], [total % 60, 'second']);
    return this.#units([Math.floor(total / 3600), 'hour'], [Math.floor((total % 3600) / 60), 'minute']);
  }

  #units(...parts: readonly (readonly [number, string])[]): string {
    return parts.map(([value, unit]) => this.#unit(value, unit)).join(' ');
  }

  #unit(value: number, unit: string): string {
    const maximumFractionDigits = value < 10 ? 1 : 0;
    return new Intl.NumberFormat(this.#locale, {
      style: 'unit',
      unit,
      unitDisplay: 'narrow',
      maximumFractionDigits,
    }).format(value);
  }
}

/** VS Code's language may be one that Intl does not take, such as a pseudo-locale. */
function usableLocale(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
