/** Something that must not be: which check says so, where. */
export interface Finding {
  readonly check: string;
  readonly file: string;
  readonly position?: number;
  readonly what: string;
}

export const describe = ({ check, file, position, what }: Finding): string =>
  `${check}: ${file}${position === undefined ? '' : ` at ${position}`}: ${what}`;
