/** `node --import <this file>`: the process's clock is CLOCK_SKEW_MS ahead of the machine's, or behind. */
const skew = Number(process.env.CLOCK_SKEW_MS);
const Real = Date;

globalThis.Date = class Date extends Real {
  constructor(...parts) {
    if (parts.length > 0) super(...parts);
    else super(Date.now());
  }

  static now() {
    return Real.now() + skew;
  }
};
